package voicemail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Message is one of a box, as Asterisk's spool has it.
type Message struct {
	ID       string // unique: the box's number is no part of it
	Folder   string // New or Old
	From     string // the caller's number; "" withheld
	FromName string
	At       time.Time
	Duration time.Duration
	file     string // "INBOX/msg0000"
}

// Folders of a box that its pages show.
const (
	New = "INBOX"
	Old = "Old"
)

// Bounds of what is read: a text file of Asterisk has 400 bytes, half an hour of sound 29 MB.
const (
	textMost  = 16 << 10
	soundMost = 32 << 20
	mostFiles = 4000
)

var (
	boxNumber   = regexp.MustCompile(`^[0-9]{2,10}$`)
	messageText = regexp.MustCompile(`^msg[0-9]{4}\.txt$`)
	messageID   = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)
)

// Boxes reads mailboxes below the spool of all boxes (…/spool/voicemail/autocom). A box in
// which nobody ever left anything has no folder: it is empty.
type Boxes struct{ Dir string }

// Messages gives the new and the old messages of a box, the last one first. What cannot be
// read is left out.
func (b Boxes) Messages(number string) ([]Message, error) {
	root, err := b.open(number)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var out []Message
	for _, folder := range []string{New, Old} {
		dir, err := root.Open(folder)
		if err != nil {
			continue
		}
		names, err := dir.Readdirnames(mostFiles)
		dir.Close()
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read mailbox %s: %w", number, err)
		}
		for _, name := range names {
			if !messageText.MatchString(name) {
				continue
			}
			m, err := readMessage(root, folder+"/"+strings.TrimSuffix(name, ".txt"))
			if err == nil {
				m.Folder = folder
				out = append(out, m)
			}
		}
	}
	slices.SortFunc(out, func(a, c Message) int {
		if d := c.At.Compare(a.At); d != 0 {
			return d
		}
		return strings.Compare(a.ID, c.ID)
	})
	return out, nil
}

// Find gives one message.
func (b Boxes) Find(number, id string) (Message, error) {
	all, err := b.Messages(number)
	if err != nil {
		return Message{}, err
	}
	i := slices.IndexFunc(all, func(m Message) bool { return m.ID == id })
	if i < 0 {
		return Message{}, fmt.Errorf("message %q of %s: %w", id, number, fs.ErrNotExist)
	}
	return all[i], nil
}

// Sound is a message as a WAV file. Asterisk gives messages other numbers when one before
// them is deleted, so the text is read again after the sound: both must be of one message.
func (b Boxes) Sound(number, id string) ([]byte, error) {
	root, err := b.open(number)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for range 5 {
		m, err := b.Find(number, id)
		if err != nil {
			return nil, err
		}
		sound, err := read(root, m.file+".wav", soundMost)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("sound of message %q of %s: %w", id, number, err)
		}
		if again, err := readMessage(root, m.file); err == nil && again.ID == id {
			return sound, nil
		}
	}
	return nil, fmt.Errorf("sound of message %q of %s: %w", id, number, fs.ErrNotExist)
}

// Clear removes a box with its messages, greetings and PIN. Links in it are removed, not
// followed.
func (b Boxes) Clear(number string) error {
	if !boxNumber.MatchString(number) {
		return fmt.Errorf("mailbox %q: %w", number, fs.ErrNotExist)
	}
	all, err := os.OpenRoot(b.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody ever left anything
	}
	if err != nil {
		return err
	}
	defer all.Close()
	return all.RemoveAll(number)
}

func (b Boxes) open(number string) (*os.Root, error) {
	if !boxNumber.MatchString(number) {
		return nil, fmt.Errorf("mailbox %q: %w", number, fs.ErrNotExist)
	}
	all, err := os.OpenRoot(b.Dir)
	if err != nil {
		return nil, err
	}
	defer all.Close()
	return all.OpenRoot(number)
}

// read gives a whole file of at most so many bytes.
func read(root *os.Root, name string, most int64) ([]byte, error) {
	// A pipe would be waited at for ever.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("no file"), err)
	}
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(body)) > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	return body, err
}

// readMessage reads what Asterisk writes beside a recording:
//
//	[message]
//	callerid="Poste 201" <201>
//	origtime=1795457622
//	msg_id=1795457622-00000000
//	duration=5
func readMessage(root *os.Root, file string) (Message, error) {
	text, err := read(root, file+".txt", textMost)
	if err != nil {
		return Message{}, err
	}
	m := Message{file: file}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		switch key {
		case "callerid":
			m.FromName, m.From = caller(value)
		case "origtime":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				m.At = time.Unix(n, 0).UTC()
			}
		case "msg_id":
			m.ID = value
		case "duration":
			if n, err := strconv.Atoi(value); err == nil && n >= 0 && n < 1<<20 {
				m.Duration = time.Duration(n) * time.Second
			}
		}
	}
	if !messageID.MatchString(m.ID) || m.At.IsZero() {
		return Message{}, fmt.Errorf("%s.txt is not of Asterisk", file)
	}
	return m, nil
}

// caller splits `"Poste 201" <201>`. Both parts came from the caller.
func caller(id string) (name, number string) {
	name, rest, ok := strings.Cut(id, "<")
	if !ok {
		name, rest = "", id
	}
	number = strings.TrimSuffix(strings.TrimSpace(rest), ">")
	for _, r := range number {
		if !strings.ContainsRune("0123456789+*#", r) {
			number = ""
			break
		}
	}
	if len(number) > 32 {
		number = ""
	}
	return strings.Trim(strings.TrimSpace(name), `"`), number
}
