package volumeimage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("an image that is a copy-on-write child on a real overlay file system", func() {
	var (
		w      *worker
		rootfs string
	)

	// at names a file in the root file system.
	at := func(elements ...string) string { return filepath.Join(append([]string{rootfs}, elements...)...) }
	read := func(path string) string {
		GinkgoHelper()
		content, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		return string(content)
	}
	write := func(path, content string) {
		GinkgoHelper()
		Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
		Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
	}

	BeforeEach(func() {
		w = newWorker()
		dir := GinkgoT().TempDir()
		lower, upper, work := filepath.Join(dir, "lower"), filepath.Join(dir, "upper"), filepath.Join(dir, "work")
		for file, content := range map[string]string{
			"kept": "kept", "removed": "removed", "renamed": "renamed", "changed": "before", "mode": "changed",
			"directory/removed": "removed", "directory/kept": "kept", "replaced/old": "old", "gone/file": "gone", "sparse": "begins",
		} {
			write(filepath.Join(lower, "rootfs", file), content)
		}
		Expect(os.Truncate(filepath.Join(lower, "rootfs", "sparse"), 1<<20)).To(Succeed())
		Expect(os.Link(filepath.Join(lower, "rootfs", "changed"), filepath.Join(lower, "rootfs", "hard-link"))).To(Succeed())

		merged := filepath.Join(w.volume("image"), "volume")
		for _, folder := range []string{upper, work, merged} {
			Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
		}
		// As Baggageclaim mounts it.
		options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s,metacopy=on", lower, upper, work)
		if err := unix.Mount("overlay", merged, "overlay", 0, options); err != nil {
			Skip("can't mount an overlay file system here: " + err.Error())
		}
		DeferCleanup(func() { Expect(unix.Unmount(merged, 0)).To(Succeed(), "nothing keeps the volume busy") })
		rootfs = filepath.Join(merged, "rootfs")

		Expect(os.Remove(at("removed"))).To(Succeed())
		Expect(os.Remove(at("directory", "removed"))).To(Succeed())
		Expect(os.RemoveAll(at("gone"))).To(Succeed())
		Expect(os.Rename(at("renamed"), at("directory", "new-name"))).To(Succeed())
		Expect(os.Chmod(at("mode"), 0o600)).To(Succeed())
		write(at("changed"), "behind")
		Expect(os.RemoveAll(at("replaced"))).To(Succeed())
		write(at("replaced", "new"), "new")

		whiteout, err := os.Lstat(filepath.Join(upper, "rootfs", "removed"))
		Expect(err).NotTo(HaveOccurred())
		Expect(whiteout.Mode()&os.ModeCharDevice).NotTo(BeZero(), "the overlay has a whiteout")
		opaque := make([]byte, 1)
		Expect(unix.Lgetxattr(filepath.Join(upper, "rootfs", "replaced"), "trusted.overlay.opaque", opaque)).To(Equal(1), "the overlay has an opaque directory")
	})

	It("is what a step sees there", func() {
		extracted := GinkgoT().TempDir()
		extract(w.layer(w.reference(w.copyOf("image", "container"))).Uncompressed, extracted)

		Expect(linesOfOthers(extracted, "hard-link")).To(Equal(linesOfOthers(rootfs, "hard-link")), "overlayfs still counts its links on the layer below")
		for _, absent := range []string{"removed", "renamed", "gone", "directory/removed", "replaced/old"} {
			Expect(filepath.Join(extracted, absent)).NotTo(BeAnExistingFile())
		}
		for file, content := range map[string]string{
			"kept": "kept", "directory/kept": "kept", "directory/new-name": "renamed", "mode": "changed",
			"changed": "behind", "hard-link": "before", "replaced/new": "new",
		} {
			Expect(read(filepath.Join(extracted, file))).To(Equal(content), file)
		}
	})

	It("holds each of its files once", func() {
		Expect(entriesOf(w, rootfs)).To(ConsistOf("./",
			"changed", "directory/", "directory/kept", "directory/new-name", "hard-link", "kept", "mode", "replaced/", "replaced/new", "sparse"))
	})
})

// linesOfOthers describes a tree but for the file of that name.
func linesOfOthers(root, name string) []string {
	GinkgoHelper()
	return slices.DeleteFunc(describeTree(root), func(line string) bool { return strings.HasPrefix(line, fmt.Sprintf("%q ", name)) })
}
