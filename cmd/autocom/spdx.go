package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"autocom/image"
)

// The part of SPDX 2.3 that says what is in an image, by package URLs that scanners of
// vulnerabilities read.
type spdxDocument struct {
	Version       string             `json:"spdxVersion"`
	DataLicense   string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      spdxCreation       `json:"creationInfo"`
	Packages      []spdxPackage      `json:"packages"`
	Relationships []spdxRelationship `json:"relationships"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID        string    `json:"SPDXID"`
	Name      string    `json:"name"`
	Version   string    `json:"versionInfo"`
	Download  string    `json:"downloadLocation"`
	Analyzed  bool      `json:"filesAnalyzed"`
	Concluded string    `json:"licenseConcluded"`
	Declared  string    `json:"licenseDeclared"`
	Copyright string    `json:"copyrightText"`
	Refs      []spdxRef `json:"externalRefs"`
}

type spdxRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type spdxRelationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

// unknown is SPDX's word for what we do not claim.
const unknown = "NOASSERTION"

// spdx lists the Debian packages of an image, the npm packages of its pages and the Go
// modules in our programs. The same image gives the same bytes.
func spdx(name, imageSHA string, at time.Time, packages []image.Package, web []byte, programs ...string) ([]byte, error) {
	doc := spdxDocument{
		Version: "SPDX-2.3", DataLicense: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: name, Namespace: "urn:sha256:" + imageSHA,
		Creation: spdxCreation{Created: at.UTC().Format(time.RFC3339), Creators: []string{"Tool: autocom"}},
	}
	purls := map[string][2]string{} // → name, version
	for _, p := range packages {
		purls[fmt.Sprintf("pkg:deb/debian/%s@%s?arch=%s", p.Name, url.QueryEscape(p.Version), p.Arch)] = [2]string{p.Name, p.Version}
	}
	for line := range strings.Lines(string(web)) {
		f := strings.Fields(line) // name, version, licence
		if len(f) < 2 {
			return nil, fmt.Errorf("list the npm packages: %q is no name with a version: run make web", line)
		}
		// A scope's @ is escaped in a package URL.
		purls["pkg:npm/"+strings.Replace(f[0], "@", "%40", 1)+"@"+f[1]] = [2]string{f[0], f[1]}
	}
	for _, file := range programs {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("list the modules of %s: %w", file, err)
		}
		purls["pkg:golang/stdlib@"+strings.TrimPrefix(info.GoVersion, "go")] = [2]string{"stdlib", info.GoVersion}
		for _, m := range info.Deps {
			purls["pkg:golang/"+m.Path+"@"+m.Version] = [2]string{m.Path, m.Version}
		}
	}
	for purl, p := range purls {
		sum := sha256.Sum256([]byte(purl)) // ids may hold letters, digits, . and - only
		doc.Packages = append(doc.Packages, spdxPackage{
			ID: "SPDXRef-" + hex.EncodeToString(sum[:8]), Name: p[0], Version: p[1],
			Download: unknown, Concluded: unknown, Declared: unknown, Copyright: unknown,
			Refs: []spdxRef{{"PACKAGE-MANAGER", "purl", purl}},
		})
	}
	slices.SortFunc(doc.Packages, func(a, b spdxPackage) int { return strings.Compare(a.Refs[0].Locator, b.Refs[0].Locator) })
	for _, p := range doc.Packages {
		doc.Relationships = append(doc.Relationships, spdxRelationship{doc.ID, "DESCRIBES", p.ID})
	}
	data, err := json.MarshalIndent(doc, "", " ")
	return append(data, '\n'), err
}
