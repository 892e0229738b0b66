package podinit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("What an init that was killed had not delivered", func() {
	It("is delivered from the byte after the last that was", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		Expect(p.Start(ctx, named("a/b", script("printf one; printf note >&2; read line; printf two; printf more >&2")))).To(Succeed())
		reader, writer, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(reader.Close)

		var stdout, stderr lockedBuffer
		streams := podinit.ProcessIO{Stdin: reader, Stdout: &stdout, Stderr: &stderr, Delivered: &podinit.Delivered{}}
		broken := make(chan error)
		go func() {
			_, err := p.Attach(ctx, "a/b", streams)
			broken <- err
		}()
		Eventually(stdout.String).Should(Equal("one"))
		Eventually(stderr.String).Should(Equal("note"))
		Expect(p.command.Process.Signal(syscall.SIGKILL)).To(Succeed())
		Eventually(broken).Should(Receive(MatchError(ContainSubstring("broke"))))
		Expect(writer.Close()).To(Succeed())

		Expect(os.WriteFile(filepath.Join(p.stateDir, "a%2Fb.stdout"), []byte("onetwo"), 0o600)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(p.stateDir, "a%2Fb.stderr"), []byte("notemore"), 0o600)).To(Succeed())
		Expect(podinit.DeliverLeftover(p.stateDir, "a/b", streams, "")).To(Succeed())
		Expect(stdout.String()).To(Equal("onetwo"))
		Expect(stderr.String()).To(Equal("notemore"))
	})

	Describe("in a state directory that the pod may write to", func() {
		var (
			dir     string
			stdout  bytes.Buffer
			streams podinit.ProcessIO
		)

		BeforeEach(func() {
			dir = GinkgoT().TempDir()
			stdout.Reset()
			streams = podinit.ProcessIO{Stdout: &stdout, Delivered: &podinit.Delivered{}}
		})

		It("is not looked for behind a link", func() {
			secret := filepath.Join(GinkgoT().TempDir(), "secret")
			Expect(os.WriteFile(secret, []byte("s3cret"), 0o600)).To(Succeed())
			Expect(os.Symlink(secret, filepath.Join(dir, "a.stdout"))).To(Succeed())
			Expect(podinit.DeliverLeftover(dir, "a", streams, "")).To(MatchError(ContainSubstring("a.stdout")))
			Expect(stdout.String()).To(BeEmpty())
		})

		DescribeTable("is not looked for in what it would do something to open", func(mode uint32, device uint64) {
			path := filepath.Join(dir, "a.stdout")
			Expect(unix.Mknod(path, mode|0o600, int(device))).To(Succeed())
			watch, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(unix.Close, watch)
			_, err = unix.InotifyAddWatch(watch, path, unix.IN_OPEN)
			Expect(err).NotTo(HaveOccurred())

			Expect(podinit.DeliverLeftover(dir, "a", streams, "")).To(MatchError(ContainSubstring("is not a regular file")))
			_, err = unix.Read(watch, make([]byte, 1024))
			Expect(err).To(MatchError(unix.EAGAIN), "it was opened")
		},
			Entry("a pipe", uint32(unix.S_IFIFO), uint64(0)),
			Entry("a device", uint32(unix.S_IFCHR), unix.Mkdev(1, 3)),
			Entry("a socket", uint32(unix.S_IFSOCK), uint64(0)),
		)

		It("is not taken without end", func() {
			Expect(os.WriteFile(filepath.Join(dir, "a.stdout"), nil, 0o600)).To(Succeed())
			Expect(os.Truncate(filepath.Join(dir, "a.stdout"), 1<<40)).To(Succeed())
			Expect(podinit.DeliverLeftover(dir, "a", streams, "")).To(Succeed())
			Expect(stdout.Len()).To(Equal(podinit.MaxKept + 2<<20))
		})

		It("is nothing if there is no file", func() {
			Expect(podinit.DeliverLeftover(dir, "a", streams, "")).To(Succeed())
		})

		It("is not delivered from a position that is not known", func() {
			Expect(os.WriteFile(filepath.Join(dir, "a.stdout"), []byte("one"), 0o600)).To(Succeed())
			streams.Delivered.Stdout = -1
			Expect(podinit.DeliverLeftover(dir, "a", streams, "")).To(Succeed())
			Expect(stdout.String()).To(BeEmpty())
		})
	})
})
