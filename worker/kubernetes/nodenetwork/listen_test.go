package nodenetwork_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/nodenetwork"
)

var _ = Describe("Listen", func() {
	// These specs run on the node themselves.
	node := nodenetwork.Namespace(fmt.Sprintf("/proc/%d/ns/net", os.Getpid()))

	BeforeEach(func() {
		if os.Getuid() != 0 {
			Skip("needs root")
		}
	})

	// start runs a worker that listens there, in a network namespace of its own,
	// and returns what it says.
	start := func(address string) (pid int, said string) {
		GinkgoHelper()
		worker := exec.Command("/proc/self/exe")
		worker.Env = append(os.Environ(), listenAt+"="+address, listenNode+"="+string(node))
		worker.Stderr = GinkgoWriter
		worker.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		input, err := worker.StdinPipe()
		Expect(err).NotTo(HaveOccurred())
		output, err := worker.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(worker.Start()).To(Succeed())
		DeferCleanup(func() {
			input.Close()
			worker.Wait()
		})
		said, err = bufio.NewReader(output).ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		return worker.Process.Pid, strings.TrimSpace(said)
	}
	namespacesOf := func(pid int) []string {
		GinkgoHelper()
		threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "ns", "net"))
		Expect(err).NotTo(HaveOccurred())
		Expect(threads).NotTo(BeEmpty())
		var found []string
		for _, thread := range threads {
			namespace, err := os.Readlink(thread)
			if err != nil { // a thread that has ended
				continue
			}
			found = append(found, namespace)
		}
		return found
	}

	It("listens on the node, wherever the worker runs", func(ctx SpecContext) {
		_, address := start("127.0.0.1:0")
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		Expect(err).NotTo(HaveOccurred())
		Expect(connection.Close()).To(Succeed())
	})

	It("leaves no thread of the worker there", func() {
		pid, _ := start("127.0.0.1:0")
		own := namespacesOf(pid)
		Expect(own).To(HaveEach(own[0]))
		Expect(own[0]).NotTo(BeElementOf(namespacesOf(os.Getpid())))
	})

	It("says what is taken on the node", func() {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(taken.Close)
		_, said := start(taken.Addr().String())
		Expect(said).To(And(HavePrefix("error:"), ContainSubstring("address already in use")))
	})

	It("is an ordinary listener for a worker in the node's own namespace", func(ctx SpecContext) {
		listener, err := node.Listen(ctx, "tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		Expect(listener.Close()).To(Succeed())
	})

	It("says what a worker needs that does not see the node's processes", func(ctx SpecContext) {
		_, err := nodenetwork.Namespace("/proc/0/ns/net").Listen(ctx, "tcp", "127.0.0.1:0")
		Expect(err).To(MatchError(And(ContainSubstring("/proc/0/ns/net"), ContainSubstring("hostPID"), ContainSubstring("--kubernetes-node-network-namespace"))))
	})
})
