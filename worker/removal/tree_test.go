package removal_test

import (
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/worker/removal"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("Tree", func() {
	var dir string
	BeforeEach(func() { dir = GinkgoT().TempDir() })

	// makeDeep makes a directory with that many levels below it. No path can name the last one.
	makeDeep := func(path string, levels int) {
		GinkgoHelper()
		Expect(os.Mkdir(path, 0o755)).To(Succeed())
		directory, err := unix.Open(path, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		Expect(err).NotTo(HaveOccurred())
		for range levels {
			Expect(unix.Mkdirat(directory, "d", 0o755)).To(Succeed())
			below, err := unix.Openat(directory, "d", unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			Expect(err).NotTo(HaveOccurred())
			Expect(unix.Close(directory)).To(Succeed())
			directory = below
		}
		Expect(unix.Close(directory)).To(Succeed())
	}

	// allowFiles limits how many files this process may have open, for the rest of the spec.
	allowFiles := func(count uint64) {
		GinkgoHelper()
		var before unix.Rlimit
		Expect(unix.Getrlimit(unix.RLIMIT_NOFILE, &before)).To(Succeed())
		lowered := before
		lowered.Cur = count
		Expect(unix.Setrlimit(unix.RLIMIT_NOFILE, &lowered)).To(Succeed())
		DeferCleanup(unix.Setrlimit, unix.RLIMIT_NOFILE, &before)
	}

	It("removes a tree that is deeper than this process may have open files", func(ctx SpecContext) {
		deep := filepath.Join(dir, "deep")
		makeDeep(deep, 2000)
		allowFiles(200)

		Expect(removal.Tree(ctx, deep)).To(Succeed())
		Expect(deep).NotTo(BeADirectory())
	})

	It("follows no link", func(ctx SpecContext) {
		kept, removed := filepath.Join(dir, "kept"), filepath.Join(dir, "removed")
		Expect(os.Mkdir(kept, 0o755)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(kept, "file"), nil, 0o644)).To(Succeed())
		Expect(os.Mkdir(removed, 0o755)).To(Succeed())
		Expect(os.Symlink(kept, filepath.Join(removed, "link"))).To(Succeed())

		Expect(removal.Tree(ctx, removed)).To(Succeed())
		Expect(removed).NotTo(BeADirectory())
		Expect(filepath.Join(kept, "file")).To(BeARegularFile())
	})

	It("takes a path that is not there for removed", func(ctx SpecContext) {
		Expect(removal.Tree(ctx, filepath.Join(dir, "gone"))).To(Succeed())
	})

	It("takes a name that begins with a dash for a name", func(ctx SpecContext) {
		GinkgoT().Chdir(dir)
		Expect(os.Mkdir("-v", 0o755)).To(Succeed())
		Expect(removal.Tree(ctx, "-v")).To(Succeed())
		Expect(filepath.Join(dir, "-v")).NotTo(BeADirectory())
	})

	It("says what it could not remove, and why", func(ctx SpecContext) {
		if os.Getuid() != 0 {
			Skip("mounts need root")
		}
		mounted := filepath.Join(dir, "mounted")
		Expect(os.Mkdir(mounted, 0o755)).To(Succeed())
		Expect(unix.Mount("tmpfs", mounted, "tmpfs", 0, "size=1m")).To(Succeed())
		DeferCleanup(unix.Unmount, mounted, unix.MNT_DETACH)

		Expect(removal.Tree(ctx, dir)).To(MatchError(And(
			ContainSubstring("remove "+dir+": exit status 1"),
			ContainSubstring("mounted"),
		)))
		Expect(mounted).To(BeADirectory())
	})
})
