package volumeimage_test

import (
	"archive/tar"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

var _ = Describe("the content of an image", func() {
	var w *worker

	BeforeEach(func() { w = newWorker() })

	It("is that of the volume, down to attributes, links and devices", func() {
		if os.Geteuid() != 0 {
			Skip("only root may make devices and give files away")
		}
		rootfs := w.fill("image", nil)
		makeAwkward(rootfs)

		layer := w.layer(w.reference(rootfs))
		extracted := GinkgoT().TempDir()
		extract(layer.Uncompressed, extracted)

		Expect(describeTree(extracted)).To(Equal(describeTree(rootfs)))
	})

	It("is a valid image of one uncompressed layer, for Linux on the node's architecture", func() {
		image, err := w.image(w.reference(w.fill("image", map[string]string{"file": "content"})))
		Expect(err).NotTo(HaveOccurred())
		Expect(validate.Image(image, validate.Fast)).To(Succeed())
		Expect(image.MediaType()).To(Equal(types.OCIManifestSchema1))

		config, err := image.ConfigFile()
		Expect(err).NotTo(HaveOccurred())
		Expect(config.OS).To(Equal("linux"))
		Expect(config.Architecture).To(Equal(runtime.GOARCH))

		layers, err := image.Layers()
		Expect(err).NotTo(HaveOccurred())
		Expect(layers).To(HaveLen(1))
		Expect(layers[0].MediaType()).To(Equal(types.OCIUncompressedLayer))
		Expect(layers[0].Digest()).To(Equal(config.RootFS.DiffIDs[0]))
	})

	It("decides its digest, alone", func() {
		volume := func(handle string, files ...string) string {
			GinkgoHelper()
			rootfs := w.fill(handle, nil)
			for _, file := range files {
				name, content, _ := strings.Cut(file, "=")
				path := filepath.Join(rootfs, name)
				Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
				Expect(os.Chtimes(path, someTime, someTime)).To(Succeed())
			}
			Expect(os.Chtimes(rootfs, someTime, someTime)).To(Succeed())
			return rootfs
		}
		one := w.reference(volume("one", "a=1", "b=2", "c=3"))

		Expect(w.reference(volume("two", "c=3", "a=1", "b=2"))).To(Equal(one), "whatever the order in which it was made")
		Expect(w.reference(volume("other", "a=1", "b=2", "c=4"))).NotTo(Equal(one))
	})

	It("comes in the order of its names, whatever the file system's", func() {
		files := map[string]string{}
		sorted := []string{"./"}
		for letter := 'a'; letter <= 'z'; letter++ {
			files[string(letter)] = ""
			sorted = append(sorted, string(letter))
		}
		Expect(entriesOf(w, w.fill("image", files))).To(Equal(sorted))
	})

	It("leaves out sockets", func() {
		rootfs := w.fill("image", map[string]string{"file": "content"})
		socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(rootfs, "socket")})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(socket.Close)
		Expect(entriesOf(w, rootfs)).To(Equal([]string{"./", "file"}))
	})

	It("leaves out what an overlay file system takes for a removed file", func() {
		rootfs := w.fill("image", map[string]string{"file": "content"})
		if err := unix.Mknod(filepath.Join(rootfs, "removed"), unix.S_IFCHR, 0); err != nil {
			Skip("may not make a device: " + err.Error())
		}
		Expect(entriesOf(w, rootfs)).To(Equal([]string{"./", "file"}))
	})

	It("leaves out an attribute whose name an archive can't hold", func() {
		rootfs := w.fill("image", map[string]string{"file": "content"})
		path := filepath.Join(rootfs, "file")
		if err := unix.Lsetxattr(path, "user.a=b", []byte("c"), 0); err != nil {
			Skip("the file system of the temporary folder takes no user attributes: " + err.Error())
		}
		Expect(unix.Lsetxattr(path, "user.other", []byte("a=b"), 0)).To(Succeed())

		extracted := GinkgoT().TempDir()
		extract(w.layer(w.reference(rootfs)).Uncompressed, extracted)
		Expect(attributes(filepath.Join(extracted, "file"))).To(ConsistOf("user.other=a=b"))
	})

	It("can't hold a file whose name would remove another one", func(ctx SpecContext) {
		rootfs := w.fill("image", map[string]string{".wh.passwd": ""})
		_, err := w.images.Reference(ctx, rootfs)
		Expect(err).To(MatchError(And(ContainSubstring("volume image"), ContainSubstring(`".wh.passwd"`), ContainSubstring("rename or remove it"))))
	})

	It("may be a file of more than 8 GiB", func() {
		file := filepath.Join(w.fill("image", nil), "large")
		Expect(os.WriteFile(file, nil, 0o644)).To(Succeed())
		Expect(os.Truncate(file, 9<<30)).To(Succeed())
		header, err := volumeimage.Header(file)
		Expect(err).NotTo(HaveOccurred())

		var archive bytes.Buffer
		Expect(tar.NewWriter(&archive).WriteHeader(header)).To(Succeed())
		Expect(tar.NewReader(&archive).Next()).To(HaveField("Size", int64(9<<30)))
	})
})

func entriesOf(w *worker, rootfs string) []string {
	GinkgoHelper()
	content, err := w.layer(w.reference(rootfs)).Uncompressed()
	Expect(err).NotTo(HaveOccurred())
	defer content.Close()
	var names []string
	archive := tar.NewReader(content)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return names
		}
		Expect(err).NotTo(HaveOccurred())
		names = append(names, header.Name)
	}
}

// makeAwkward fills a root file system with one of everything.
func makeAwkward(rootfs string) {
	GinkgoHelper()
	at := func(elements ...string) string { return filepath.Join(append([]string{rootfs}, elements...)...) }
	write := func(path, content string) {
		GinkgoHelper()
		Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
	}
	Expect(os.MkdirAll(at("empty"), 0o755)).To(Succeed())
	Expect(os.Chmod(at("empty"), 0o777|os.ModeSticky|os.ModeSetgid)).To(Succeed())

	write(at("file"), "content")
	Expect(os.Chown(at("file"), 3_000_000, 4_000_000)).To(Succeed(), "larger than ustar's octal digits hold")
	Expect(os.Chmod(at("file"), 0o755|os.ModeSetuid|os.ModeSetgid)).To(Succeed())
	Expect(os.Mkdir(at("a-directory"), 0o700)).To(Succeed())
	Expect(os.Link(at("file"), at("a-directory", "hard-link"))).To(Succeed())
	Expect(os.Symlink("/no/such/target", at("dangling"))).To(Succeed())
	Expect(os.Link(at("dangling"), at("hard-link-of-symlink"))).To(Succeed())
	Expect(os.Symlink("../file", at("a-directory", "relative"))).To(Succeed())
	Expect(os.Symlink(strings.Repeat("long/", 200), at("far"))).To(Succeed())
	Expect(os.Lchown(at("far"), 12, 34)).To(Succeed())

	write(at("odd\xff\nname"), "not UTF-8")
	write(at("name with = and\ttab"), "")
	deep := at(strings.Repeat("d", 120), strings.Repeat("e", 250))
	Expect(os.MkdirAll(deep, 0o755)).To(Succeed())
	write(filepath.Join(deep, strings.Repeat("f", 255)), "deep")

	write(at("sparse"), "begins")
	Expect(os.Truncate(at("sparse"), 1<<20)).To(Succeed())
	Expect(unix.Mkfifo(at("fifo"), 0o620)).To(Succeed())
	Expect(unix.Mknod(at("char"), unix.S_IFCHR|0o640, int(unix.Mkdev(1, 3)))).To(Succeed())
	Expect(unix.Mknod(at("block"), unix.S_IFBLK|0o600, int(unix.Mkdev(259, 70_000)))).To(Succeed())

	// cap_net_raw=ep, as setcap writes it.
	capability := "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	write(at("capable"), "program")
	Expect(unix.Lsetxattr(at("capable"), "security.capability", []byte(capability), 0)).To(Succeed())
	if err := unix.Lsetxattr(at("a-directory"), "user.note", []byte("for a directory"), 0); err != nil {
		GinkgoWriter.Println("without user attributes, which the file system of the temporary folder does not take:", err)
	}

	for path, at := range map[string]time.Time{
		at("file"):        time.Unix(981173106, 123456789),
		at("a-directory"): time.Unix(981173106, 1),
		at("empty"):       time.Unix(-1000, 0),
		rootfs:            time.Unix(1_000_000_000, 999_999_999),
	} {
		Expect(os.Chtimes(path, at, at)).To(Succeed())
	}
	long := []unix.Timespec{{Sec: 5, Nsec: 6}, {Sec: 7, Nsec: 8}}
	Expect(unix.UtimesNanoAt(unix.AT_FDCWD, at("dangling"), long, unix.AT_SYMLINK_NOFOLLOW)).To(Succeed())
	Expect(os.Chmod(rootfs, 0o711)).To(Succeed())
}
