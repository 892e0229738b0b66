package weave

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// generatedSuffix ends the names of woven files; git ignores it.
const generatedSuffix = "_gen.go"

// Generate weaves the package's files from upstream's root folder into ours.
// Nothing is written unless every rewrite matched.
func (p Package) Generate(upstreamRoot, root string) error {
	sources, err := filepath.Glob(filepath.Join(upstreamRoot, p.Folder, "*.go"))
	if err != nil {
		return err
	}
	sources = slices.DeleteFunc(sources, func(path string) bool { return strings.HasSuffix(path, "_test.go") })

	woven := map[string][]byte{}
	for _, path := range sources {
		name := filepath.Base(path)
		source, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read upstream's %s/%s: %w", p.Folder, name, err)
		}
		result, err := File(name, source, p.Rewrites[name])
		if err != nil {
			return err
		}
		woven[name] = result
	}

	for name := range p.Rewrites {
		if _, found := woven[name]; !found {
			return fmt.Errorf("weave %s: upstream has no file %s there: compare with the upstream release that its rewrites were written for", p.Folder, name)
		}
	}

	for name, source := range woven {
		path := filepath.Join(root, p.Folder, strings.TrimSuffix(name, ".go")+generatedSuffix)
		if err := os.WriteFile(path, source, 0o644); err != nil {
			return fmt.Errorf("write woven %s: %w", path, err)
		}
	}
	return nil
}
