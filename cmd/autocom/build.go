package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"autocom/image"
	"autocom/image/bmap"
	"autocom/image/disk"
	"autocom/image/initramfs"
	"autocom/image/recipe"
	"autocom/image/rootfs"
	"autocom/image/slot"
	"autocom/overlay"
)

var buildVerb = verb{
	name: "build", args: "--board BOARD [flags]",
	what: "Builds the disk image of a board: " + strings.Join(recipe.Boards(), ", ") + ".\n" +
		"The first build downloads Debian packages; the next ones reuse the root file system.",
	example: "build/autocom build --board rpi -o build",
	run: func(ctx context.Context, c *command) error {
		err := build(ctx, c)
		if err != nil && ctx.Err() != nil {
			return interrupted("nothing was left behind")
		}
		return err
	},
}

// buildOptions are the flags of build.
type buildOptions struct {
	board, base, recipe string
	out, cache          string
	only, unpack        string
	fresh, json         bool
}

func (o *buildOptions) parse(c *command) error {
	f := c.flags
	f.StringVar(&o.board, "board", "", "what to build for: `NAME` of "+strings.Join(recipe.Boards(), ", "))
	f.StringVar(&o.base, "base", "", "distribution to start from: `NAME` of "+strings.Join(recipe.Bases(), ", "))
	f.StringVar(&o.recipe, "recipe", "", "TOML `FILE` read over the base")
	f.StringVar(&o.out, "o", ".", "`DIR` for the image and what lies beside it")
	f.StringVar(&o.cache, "cache", "", "`DIR` for root file systems (default: autocom in the user's cache)")
	f.StringVar(&o.only, "only", "", "stop after this `STEP`: rootfs")
	f.StringVar(&o.unpack, "unpack", "", "with --only rootfs: unpack it into `DIR` (as root)")
	f.BoolVar(&o.fresh, "fresh", false, "take today's packages instead of the cached root file system")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	if err := c.parse(); err != nil {
		return err
	}
	if o.only != "" && o.only != "rootfs" {
		return usagef("--only %s: the only step to stop after is rootfs", o.only)
	}
	if o.unpack != "" && o.only == "" {
		return usagef("--unpack works with --only rootfs")
	}
	if o.cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("find the user's cache: %w: name one with --cache", err)
		}
		o.cache = filepath.Join(user, "autocom")
	}
	for _, dir := range []*string{&o.out, &o.cache} {
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return err
		}
		*dir = abs
	}
	return nil
}

// result is what build --json prints.
type result struct {
	Image   string  `json:"image"`
	Bytes   int64   `json:"bytes"`
	SHA256  string  `json:"sha256"`
	Bmap    string  `json:"bmap"`
	Steps   []step  `json:"steps"`
	Seconds float64 `json:"seconds"`
}

// build is the straight line from a recipe to an image: first the root file system.
func build(ctx context.Context, c *command) error {
	var o buildOptions
	if err := o.parse(c); err != nil {
		return err
	}
	r, err := recipe.Load(o.board, o.base, o.recipe)
	if err != nil {
		return usageError{err}
	}
	s := newSteps(c.stderr)
	defer s.abandon()

	began := time.Now()
	image.Sweep(o.out, workPrefix(r))
	root, err := makeRoot(ctx, s, r, o)
	if err != nil {
		return err
	}
	defer root.Release()
	if o.only == "rootfs" {
		if o.unpack == "" {
			fmt.Fprintln(c.stdout, root.Tar)
			return nil
		}
		return unpackRoot(ctx, s, root.Rootfs, o.unpack)
	}
	img, err := assemble(ctx, s, r, root.Rootfs, o.out)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(c.stdout).Encode(result{
			Image: img.Path, Bytes: img.Size, SHA256: img.SHA256, Bmap: img.Bmap, Steps: s.done, Seconds: time.Since(began).Seconds(),
		})
	}
	fmt.Fprintf(c.stdout, "%s\n%s in %.0f s. Write it to a card: sudo %s flash %s /dev/…\n", img.Path, size(img.Size), time.Since(began).Seconds(), os.Args[0], img.Path)
	return nil
}

// assemble is the line from the root file system to an image in out. Nothing is in out
// before everything is whole, and nothing stays anywhere when ctx ends.
func assemble(ctx context.Context, s *steps, r image.Recipe, root image.Rootfs, out string) (image.Image, error) {
	work, clean, err := workDir(out, r)
	if err != nil {
		return image.Image{}, err
	}
	defer clean()

	s.start("programs")
	programs, err := compile(ctx, r, filepath.Join(work, "bin"))
	if err != nil {
		return image.Image{}, err
	}
	s.end("autocomd and init for %s", r.Board.Arch)

	s.start("kernel")
	kernel, err := slot.Unpack(ctx, root.Debs, filepath.Join(filepath.Dir(root.Tar), "kernel"))
	if err != nil {
		return image.Image{}, err
	}
	s.end("%s", kernel.Release)

	s.start("initramfs")
	initrd := filepath.Join(work, "initramfs")
	bytes, err := packInitramfs(initrd, programs.init, kernel.Modules, r.Board)
	if err != nil {
		return image.Image{}, err
	}
	s.end("%s", size(bytes))

	s.start("slot")
	files, err := laidOver(programs, r)
	if err != nil {
		return image.Image{}, err
	}
	made, err := slot.Make(ctx, slot.Input{
		Recipe: r, Root: root, Kernel: kernel, Overlay: files, Initramfs: initrd, Dir: filepath.Join(work, "slot"),
	})
	if err != nil {
		return image.Image{}, err
	}
	s.end("system.squashfs %s", size(sizeOf(made, "system.squashfs")))

	s.start("disk")
	name := fmt.Sprintf("autocom-%s-%s.img", r.Board.Name, r.Version)
	img, err := disk.Assemble(ctx, filepath.Join(work, name), made, r, overlay.Boot())
	if err != nil {
		return image.Image{}, err
	}
	s.end("%s", size(img.Size))

	s.start("bmap")
	if img.Bmap, err = bmap.Write(img.Path); err != nil {
		return image.Image{}, err
	}
	if err := writeBeside(img, r, root.Packages, programs); err != nil {
		return image.Image{}, err
	}
	s.end("sha256 %.16s…", img.SHA256)

	s.start("compress")
	packed, err := compress(ctx, img.Path)
	if err != nil {
		return image.Image{}, err
	}
	// Everything is complete: give it its name, the image last.
	if err := publish(work, out, name); err != nil {
		return image.Image{}, err
	}
	img.Path = filepath.Join(out, name)
	img.Bmap = img.Path + ".bmap"
	s.end("%s.zst %s", name, size(packed))
	return img, nil
}

func makeRoot(ctx context.Context, s *steps, r image.Recipe, o buildOptions) (rootfs.Root, error) {
	s.start("rootfs")
	users := rootfs.Users{Passwd: overlay.Passwd(), Group: overlay.Group()}
	root, err := rootfs.Build(ctx, r, users, rootfs.Options{Cache: o.cache, Fresh: o.fresh, Say: s.tell})
	if err != nil {
		return rootfs.Root{}, err
	}
	how := "made"
	if root.At.Before(s.began) {
		how = "reused (--fresh takes newer packages), made"
	}
	s.end("%s %s: %d packages of %s, %s", how, root.At.Local().Format("2006-01-02 15:04"), len(root.Packages), r.Suite, r.Board.Arch)
	return root, nil
}

func packInitramfs(to, program, modules string, b image.Board) (int64, error) {
	f, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := initramfs.Pack(f, program, modules, b, nil); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Close()
}

// laidOver are the overlay's files and our daemon.
func laidOver(p programs, r image.Recipe) ([]slot.File, error) {
	daemon, err := os.ReadFile(p.autocomd)
	if err != nil {
		return nil, err
	}
	files, err := overlay.Files()
	if err != nil {
		return nil, err
	}
	var list []slot.File
	for _, f := range files {
		list = append(list, slot.File(f))
	}
	return append(list,
		slot.File{Path: "usr/bin/autocomd", Data: daemon, Mode: 0o755},
		slot.File{Path: "usr/share/autocom/version", Data: []byte(r.Version + "\n"), Mode: 0o644},
	), nil
}

func sizeOf(s image.Slot, name string) int64 {
	i := slices.IndexFunc(s.Info.Files, func(f image.SlotFile) bool { return f.Name == name })
	if i < 0 {
		return 0
	}
	return s.Info.Files[i].Size
}
