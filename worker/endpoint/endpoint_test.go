package endpoint_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/ifrit"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

var _ = Describe("a unix socket", func() {
	var folder string

	BeforeEach(func() {
		// The test's own folder can be entered by everybody, so that only the
		// modes of the folder and of the socket keep others out.
		parent, err := os.MkdirTemp("/tmp", "endpoint")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(os.RemoveAll, parent)
		Expect(os.Chmod(parent, 0o755)).To(Succeed())
		folder = filepath.Join(parent, "sockets")
	})

	listen := func(path string) net.Listener {
		GinkgoHelper()
		listener, err := endpoint.Unix(path).Listen()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		return listener
	}
	modeOf := func(path string) fs.FileMode {
		GinkgoHelper()
		found, err := os.Lstat(path)
		Expect(err).NotTo(HaveOccurred())
		return found.Mode().Perm()
	}
	connects := func(ctx context.Context, path string) error {
		connection, err := endpoint.Unix(path).Dial(ctx)
		if err != nil {
			return err
		}
		return connection.Close()
	}

	It("is root's alone, as its folder is", func() {
		path := filepath.Join(folder, "one.sock")
		Expect(os.Mkdir(folder, 0o777)).To(Succeed())
		listen(path)
		Expect(modeOf(folder)).To(Equal(fs.FileMode(0o700)))
		Expect(modeOf(path)).To(Equal(fs.FileMode(0o600)))
	})

	It("refuses another user, the folder as much as the socket in it", func(ctx SpecContext) {
		if os.Getuid() != 0 {
			Skip("needs root")
		}
		path := filepath.Join(folder, "one.sock")
		listen(path)
		Expect(connects(ctx, path)).To(Succeed())
		asNobody := func() error { return inThread(becomeNobody, func() error { return connects(ctx, path) }) }
		Expect(asNobody()).To(MatchError(unix.EACCES))

		Expect(os.Chmod(folder, 0o755)).To(Succeed())
		Expect(asNobody()).To(MatchError(unix.EACCES))
	})

	It("works in a work dir of any depth", func(ctx SpecContext) {
		deep := filepath.Join(filepath.Dir(folder), strings.Repeat("d", 200), strings.Repeat("e", 200))
		Expect(os.MkdirAll(deep, 0o755)).To(Succeed())
		path := filepath.Join(deep, "sockets", "one.sock")
		listen(path)
		Expect(connects(ctx, path)).To(Succeed())
	})

	It("takes the place of one that an earlier worker left", func(ctx SpecContext) {
		path := filepath.Join(folder, "one.sock")
		left, err := endpoint.Unix(path).Listen()
		Expect(err).NotTo(HaveOccurred())
		Expect(left.Close()).To(Succeed())
		Expect(path).To(BeAnExistingFile())
		listen(path)
		Expect(connects(ctx, path)).To(Succeed())
	})

	It("does not take the place of another worker's", func(ctx SpecContext) {
		path := filepath.Join(folder, "one.sock")
		listen(path)
		_, err := endpoint.Unix(path).Listen()
		Expect(err).To(MatchError(And(ContainSubstring(path), ContainSubstring("another worker"))))
		Expect(connects(ctx, path)).To(Succeed())
	})

	It("is in no folder of another user, nor in one that a link leads to", func() {
		path := filepath.Join(folder, "one.sock")
		Expect(os.Symlink(GinkgoT().TempDir(), folder)).To(Succeed())
		_, err := endpoint.Unix(path).Listen()
		Expect(err).To(MatchError(ContainSubstring(folder + " is not a folder of this user")))
	})

	It("is asked over HTTP, whatever the URL's host", func() {
		at := endpoint.Unix(filepath.Join(folder, "one.sock"))
		hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.URL.Path) })
		process := ifrit.Invoke(endpoint.Server{Listen: at.Listen, Handler: hello})

		client := at.HTTPClient(time.Minute)
		response, err := client.Get("http://garden/ping")
		Expect(err).NotTo(HaveOccurred())
		Expect(io.ReadAll(response.Body)).To(BeEquivalentTo("hello /ping"))
		response.Body.Close()

		process.Signal(os.Interrupt)
		Eventually(process.Wait()).Should(Receive(BeNil()))
		_, err = client.Get("http://garden/ping")
		Expect(err).To(MatchError(ContainSubstring(at.String())))
	})
})

var _ = Describe("a TCP endpoint", func() {
	It("is an address of either family", func() {
		Expect(endpoint.TCP(net.ParseIP("10.0.0.1"), 7788).Address).To(Equal("10.0.0.1:7788"))
		Expect(endpoint.TCP(net.ParseIP("fd00::1"), 7788).Address).To(Equal("[fd00::1]:7788"))
	})
})

// becomeNobody makes the calling thread an unprivileged user's.
func becomeNobody() error {
	const nobody = 65534
	if _, _, failed := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); failed != 0 {
		return failed
	}
	if _, _, failed := unix.RawSyscall(unix.SYS_SETRESGID, nobody, nobody, nobody); failed != 0 {
		return failed
	}
	if _, _, failed := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); failed != 0 {
		return failed
	}
	return nil
}

// inThread calls both on a thread that ends with them.
func inThread(prepare, call func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: no other goroutine gets to run there
		if err := prepare(); err != nil {
			result <- err
			return
		}
		result <- call()
	}()
	return <-result
}
