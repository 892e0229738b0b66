package leftover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

const (
	// volumesDir is the folder of a work dir whose entries are folders for each state of a volume.
	volumesDir = "volumes"
	// overlaysDir has a folder for each volume, and overlayWorkDir, which has another.
	overlaysDir, overlayWorkDir = "overlays", "work"
)

// inFolder is the kind of what is in a folder of a work dir.
func inFolder(folder string) string { return "in " + folder }

func (m Machine) workDirs(into Traces) error {
	for _, workDir := range m.WorkDirs {
		folders, err := foldersOf(workDir)
		if err != nil {
			return fmt.Errorf("list the folders of a worker: %w", err)
		}
		for _, folder := range folders {
			entries, err := entriesOf(folder)
			if err != nil {
				return fmt.Errorf("list what a worker has on its node: %w", err)
			}
			if filepath.Base(folder) == overlaysDir {
				entries = slices.DeleteFunc(entries, func(path string) bool { return filepath.Base(path) == overlayWorkDir })
			}
			name, _ := filepath.Rel(workDir, folder) // is below it
			into[inFolder(name)] = append(into[inFolder(name)], entries...)
		}
	}
	return nil
}

// foldersOf are the folders whose entries come and go.
func foldersOf(workDir string) ([]string, error) {
	outer, err := entriesOf(workDir)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, path := range outer {
		switch info, err := os.Lstat(path); {
		case err != nil || !info.IsDir(): // a file, or gone meanwhile
		case filepath.Base(path) == volumesDir:
			states, err := entriesOf(path)
			if err != nil {
				return nil, err
			}
			folders = append(folders, states...)
		case filepath.Base(path) == overlaysDir:
			folders = append(folders, path, filepath.Join(path, overlayWorkDir))
		default:
			folders = append(folders, path)
		}
	}
	return folders, nil
}

// entriesOf are the paths of what is in a folder, none if there is no such folder.
func entriesOf(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		paths = append(paths, filepath.Join(folder, entry.Name()))
	}
	return paths, nil
}

// sockets lists the unix sockets in the work dirs, but for those in volumes: what a step leaves in
// a volume goes with the volume.
func (m Machine) sockets(into Traces) error {
	into[Socket] = nil
	for _, workDir := range m.WorkDirs {
		err := filepath.WalkDir(workDir, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist): // gone meanwhile
				return nil
			case err != nil:
				return err
			case path == filepath.Join(workDir, volumesDir), path == filepath.Join(workDir, overlaysDir):
				return fs.SkipDir
			case entry.Type() == fs.ModeSocket:
				into[Socket] = append(into[Socket], path)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("look for unix sockets of a worker: %w", err)
		}
	}
	return nil
}
