package weave

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// generatedSuffix ends the names of woven files; git ignores it.
const generatedSuffix = "_gen.go"

// Generate weaves the packages from upstream's root folder into ours, and removes
// what an earlier run wove and this one did not. Nothing is written or removed
// unless every rewrite of every package matched.
func Generate(upstreamRoot, root string, packages []Package) error {
	woven := map[string][]byte{}
	for _, pkg := range packages {
		files, err := pkg.weave(upstreamRoot)
		if err != nil {
			return err
		}
		for name, content := range files {
			woven[filepath.Join(root, pkg.Folder, strings.TrimSuffix(name, ".go")+generatedSuffix)] = content
		}
	}

	for path, content := range woven {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write woven %s: %w", path, err)
		}
	}
	return removeStale(root, slices.Collect(maps.Keys(woven)))
}

// weave returns the woven files of the package by the names that upstream gives them.
func (p Package) weave(upstreamRoot string) (map[string][]byte, error) {
	sources, err := filepath.Glob(filepath.Join(upstreamRoot, p.Folder, "*.go"))
	if err != nil {
		return nil, err
	}
	sources = slices.DeleteFunc(sources, func(path string) bool { return strings.HasSuffix(path, "_test.go") })

	woven := map[string][]byte{}
	for _, path := range sources {
		name := filepath.Base(path)
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read upstream's %s/%s: %w", p.Folder, name, err)
		}
		woven[name], err = File(name, source, p.Rewrites[name])
		if err != nil {
			return nil, err
		}
	}
	for name := range p.Rewrites {
		if _, found := woven[name]; !found {
			return nil, fmt.Errorf("weave %s: upstream has no file %s there: compare with the upstream release that its rewrites were written for", p.Folder, name)
		}
	}
	return woven, nil
}

// removeStale removes the woven files below our root but for those given. Git
// ignores them, so nothing else would: one whose source upstream has moved would
// be compiled for ever. A file of another generator has another header.
func removeStale(root string, keep []string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("look for woven files that are stale: %w", err)
		case entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case !entry.Type().IsRegular(), !strings.HasSuffix(path, generatedSuffix), slices.Contains(keep, path):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("look for woven files that are stale: %w", err)
		}
		if !bytes.HasPrefix(content, []byte(header)) {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove stale woven file: %w", err)
		}
		return nil
	})
}
