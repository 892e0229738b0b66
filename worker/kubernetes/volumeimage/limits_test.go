package volumeimage_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

var _ = Describe("what an image of a volume may take", func() {
	// allocates is how much memory f asks for in all, in bytes.
	allocates := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	// makeDeep makes directories in each other, whose path is longer than a path may be.
	makeDeep := func(top, name string, levels int) {
		GinkgoHelper()
		current, err := os.Open(top)
		Expect(err).NotTo(HaveOccurred())
		for range levels {
			Expect(unix.Mkdirat(int(current.Fd()), name, 0o755)).To(Succeed())
			next, err := unix.Openat(int(current.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
			Expect(err).NotTo(HaveOccurred())
			current.Close()
			current = os.NewFile(uintptr(next), name)
		}
		current.Close()
	}

	It("is little memory for a tree of 4,000 levels of 255 letters", func(ctx SpecContext) {
		w := newWorker()
		rootfs := w.fill("image", nil)
		makeDeep(rootfs, strings.Repeat("d", 255), 4000)
		Expect(allocates(func() {
			_, err := w.images.Reference(ctx, rootfs)
			Expect(err).To(MatchError(And(ContainSubstring("its path has more than 3840 letters"), ContainSubstring("use shorter names or fewer levels"))))
			Expect(len(err.Error())).To(BeNumerically("<", 1000))
		})).To(BeNumerically("<", 64<<20))
	}, SpecTimeout(time.Minute))

	It("is no more than 256 levels, each of which is open", func(ctx SpecContext) {
		w := newWorker()
		rootfs := w.fill("image", nil)
		makeDeep(rootfs, "d", 1000)
		_, err := w.images.Reference(ctx, rootfs)
		Expect(err).To(MatchError(And(ContainSubstring("more than 256 directories deep"), ContainSubstring("use fewer levels"))))
	}, SpecTimeout(time.Minute))

	It("is as much memory as the operator gives for the names in a directory", func(ctx SpecContext) {
		const limit = 1 << 20
		w := newWorkerWithin(volumeimage.Limits{Size: 1 << 60, Memory: limit})
		rootfs := w.fill("image", nil)
		for number := range 20_000 {
			Expect(unix.Mknod(filepath.Join(rootfs, fmt.Sprintf("%0250d", number)), unix.S_IFREG|0o644, 0)).To(Succeed())
		}
		Expect(allocates(func() {
			_, err := w.images.Reference(ctx, rootfs)
			Expect(err).To(MatchError(And(ContainSubstring("list the directory"), ContainSubstring("to keep in 1Mi"), ContainSubstring("raise the worker's --kubernetes-volume-image-max-memory"))))
		})).To(BeNumerically("<", 4*limit))
	}, SpecTimeout(time.Minute))

	It("is as much memory as the operator gives for files with several names", func(ctx SpecContext) {
		w := newWorkerWithin(volumeimage.Limits{Size: 1 << 60, Memory: 64 << 10})
		rootfs := w.fill("image", nil)
		for number := range 1000 {
			directory := filepath.Join(rootfs, fmt.Sprint(number))
			Expect(os.Mkdir(directory, 0o755)).To(Succeed())
			Expect(os.WriteFile(filepath.Join(directory, "one"), nil, 0o644)).To(Succeed())
			Expect(os.Link(filepath.Join(directory, "one"), filepath.Join(directory, "two"))).To(Succeed())
		}
		_, err := w.images.Reference(ctx, rootfs)
		Expect(err).To(MatchError(ContainSubstring("--kubernetes-volume-image-max-memory")))
	}, SpecTimeout(time.Minute))

	It("counts the names in a directory no longer than it is in it", func() {
		w := newWorkerWithin(volumeimage.Limits{Size: 1 << 60, Memory: 64 << 10})
		rootfs := w.fill("image", nil)
		for folder := range 20 {
			directory := filepath.Join(rootfs, fmt.Sprint(folder))
			Expect(os.Mkdir(directory, 0o755)).To(Succeed())
			for number := range 500 {
				Expect(os.WriteFile(filepath.Join(directory, fmt.Sprint(number)), nil, 0o644)).To(Succeed())
			}
		}
		w.reference(rootfs)
	})

	It("is as much in size as the operator gives, sparse files in full, and found before they are read", func(ctx SpecContext) {
		w := newWorkerWithin(volumeimage.Limits{Size: 10 << 30, Memory: 1 << 20})
		rootfs := w.fill("image", map[string]string{"a": "", "b": ""})
		for _, file := range []string{"a", "b"} {
			Expect(os.Truncate(filepath.Join(rootfs, file), 11<<30)).To(Succeed())
		}
		_, err := w.images.Reference(ctx, rootfs)
		Expect(err).To(MatchError(And(ContainSubstring(`"a": with it the image is larger than 10Gi`), ContainSubstring("raise the worker's --kubernetes-volume-image-max-size"))))
	}, SpecTimeout(10*time.Second))

	It("counts all files together", func(ctx SpecContext) {
		w := newWorkerWithin(volumeimage.Limits{Size: 100 << 10, Memory: 1 << 20})
		rootfs := w.fill("image", map[string]string{"a": strings.Repeat("a", 60<<10), "b": strings.Repeat("b", 60<<10)})
		_, err := w.images.Reference(ctx, rootfs)
		Expect(err).To(MatchError(ContainSubstring(`"b": with it the image is larger than 100Ki`)))
	})

	It("is a turn: few volumes are read at a time", func(ctx SpecContext) {
		w := newWorker()
		ask := func(rootfs string) { go w.images.Reference(ctx, rootfs) }
		for _, handle := range []string{"one", "two"} {
			rootfs := w.fill(handle, map[string]string{"large": ""})
			if err := os.Truncate(filepath.Join(rootfs, "large"), 1<<43); err != nil {
				Skip("the file system of the temporary folder takes no file as large: " + err.Error())
			}
			ask(rootfs)
		}
		Eventually(w.images.Reading).Should(Equal(2))
		ask(w.fill("small", nil))
		Eventually(w.images.Waiting).Should(Equal(3))
		Expect(w.logged("made-image")).To(BeZero(), "small waits for its turn")

		w.remove("one")
		Eventually(func() int { return w.logged("made-image") }).Should(Equal(1))
		Eventually(func() int { return w.logged("made-no-image") }).Should(Equal(1))
		w.remove("two")
		Eventually(w.images.Reading).Should(BeZero())
	}, SpecTimeout(time.Minute))

	It("is no place for a client that takes nothing", func(ctx SpecContext) {
		w := newWorker()
		w.images.SetStall(time.Second)
		rootfs := w.fill("image", map[string]string{"large": ""})
		Expect(os.Truncate(filepath.Join(rootfs, "large"), 256<<20)).To(Succeed())
		digest, err := w.layer(w.reference(rootfs)).Digest()
		Expect(err).NotTo(HaveOccurred())
		for range 5 { // more than are served at a time
			connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(connection.Close)
			fmt.Fprintf(connection, "GET /v2/volume/blobs/%s HTTP/1.1\r\nHost: worker\r\n\r\n", digest)
		}
		Eventually(ctx, func() int { return w.logged("client-stalled") }).WithTimeout(time.Minute).Should(Equal(5))
		Eventually(ctx, w.images.Serving).Should(BeZero())
		Expect(w.images.Made()).To(Equal(1), "the image is as good as before")
	}, SpecTimeout(2*time.Minute))

	It("is no place for a client that takes next to nothing for ever", func(ctx SpecContext) {
		w := newWorker()
		w.images.SetStall(time.Second)
		rootfs := w.fill("image", map[string]string{"large": ""})
		Expect(os.Truncate(filepath.Join(rootfs, "large"), 256<<20)).To(Succeed())
		digest, err := w.layer(w.reference(rootfs)).Digest()
		Expect(err).NotTo(HaveOccurred())
		connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(connection.Close)
		Expect(connection.(*net.TCPConn).SetReadBuffer(4 << 10)).To(Succeed())
		fmt.Fprintf(connection, "GET /v2/volume/blobs/%s HTTP/1.1\r\nHost: worker\r\n\r\n", digest)

		takeALittle := func() int {
			connection.Read(make([]byte, 1<<10))
			return w.logged("client-stalled")
		}
		Eventually(ctx, takeALittle).WithPolling(50 * time.Millisecond).WithTimeout(time.Minute).Should(Equal(1))
		Eventually(ctx, w.images.Serving).Should(BeZero())
	}, SpecTimeout(2*time.Minute))

	DescribeTable("is a directory, and nothing else is opened", func(ctx SpecContext, kind uint32) {
		w := newWorker()
		rootfs := w.fill("image", nil)
		Expect(os.Remove(rootfs)).To(Succeed())
		if err := unix.Mknod(rootfs, kind|0o666, int(unix.Mkdev(1, 5))); err != nil {
			Skip("may not make it here: " + err.Error())
		}
		_, err := w.images.Reference(ctx, rootfs)
		Expect(err).To(MatchError(ContainSubstring("neither a file nor a directory")))
	},
		Entry("not a FIFO, for which it would wait", SpecTimeout(10*time.Second), uint32(unix.S_IFIFO)),
		Entry("not a device", SpecTimeout(10*time.Second), uint32(unix.S_IFCHR)),
	)
})
