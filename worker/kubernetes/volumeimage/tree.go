package volumeimage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/contained"
)

// tree is a directory in a volume.
type tree struct {
	// volume is where Baggageclaim keeps the volume: VOLUMES/live/HANDLE.
	volume string
	// directory is the path below the volume's content; "." is all of it.
	directory string
}

// content is the name of a volume's content in its directory, and parent that of
// the link to the volume that it is a copy-on-write child of.
const (
	content = "volume"
	parent  = "parent"
)

// parseTree reads VOLUMES/live/HANDLE/volume/DIRECTORY.
func parseTree(volumesDir, path string) (tree, error) {
	live := filepath.Join(volumesDir, "live")
	relative, err := filepath.Rel(live, path)
	if err != nil || !filepath.IsLocal(relative) {
		return tree{}, fmt.Errorf("%s is not in a volume of this worker, which are in %s", path, live)
	}
	parts := strings.SplitN(relative, string(filepath.Separator), 3)
	if len(parts) < 2 || parts[1] != content {
		return tree{}, fmt.Errorf("%s is not in the content of a volume, which is %s/HANDLE/%s", path, live, content)
	}
	found := tree{volume: filepath.Join(live, parts[0]), directory: "."}
	if len(parts) == 3 {
		found.directory = parts[2]
	}
	return found, nil
}

// origin is the same directory in the volume's parent, if it has one. The
// package's documentation says why that is the same content.
func (t tree) origin() tree {
	target, err := os.Readlink(filepath.Join(t.volume, parent))
	if err != nil {
		return t
	}
	inParent := tree{volume: filepath.Join(filepath.Dir(t.volume), filepath.Base(target)), directory: t.directory}
	if !inParent.exists() {
		return t
	}
	return inParent
}

// exists says whether the volume is still there.
func (t tree) exists() bool {
	_, err := os.Lstat(filepath.Join(t.volume, content))
	return err == nil
}

// open opens the directory. A step may have filled the volume, so no link in it
// leads out of it, and what is in the directory's place may be anything.
func (t tree) open() (*os.File, error) {
	opened, err := contained.Open(filepath.Join(t.volume, content), t.directory)
	if err != nil {
		return nil, err
	}
	info, err := opened.Stat()
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%q is not a directory", t.directory)
	}
	if err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// handle is the volume's.
func (t tree) handle() string { return filepath.Base(t.volume) }

func (t tree) String() string { return filepath.Join(t.volume, content, t.directory) }
