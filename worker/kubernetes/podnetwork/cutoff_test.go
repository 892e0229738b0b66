package podnetwork_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/nodenetwork"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podnetwork"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

var _ = Describe("CutOff", func() {
	// inNamespace starts a process that waits in a network namespace of its own,
	// and asks for the interfaces there.
	inNamespace := func() (pid int, pod *netlink.Handle) {
		GinkgoHelper()
		if os.Getuid() != 0 {
			Skip("needs root")
		}
		process := exec.Command("sleep", "60")
		process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		Expect(process.Start()).To(Succeed())
		DeferCleanup(func() {
			process.Process.Kill()
			process.Wait()
		})

		namespace, err := netns.GetFromPid(process.Process.Pid)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(namespace.Close)
		pod, err = netlink.NewHandleAt(namespace)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(pod.Close)
		return process.Process.Pid, pod
	}
	// These specs run on the node themselves.
	thisNode := nodenetwork.Namespace(fmt.Sprintf("/proc/%d/ns/net", os.Getpid()))
	name := func(end string) string { return "cut" + strconv.Itoa(os.Getpid()%1e5) + end }
	linkIn := func(handle *netlink.Handle, name string) netlink.Link {
		GinkgoHelper()
		link, err := handle.LinkByName(name)
		Expect(err).NotTo(HaveOccurred())
		return link
	}

	It("takes the carrier from a pod's end of a pair and leaves the interface", func() {
		pid, pod := inNamespace()
		node, err := netlink.NewHandle()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(node.Close)

		pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name("n")}, PeerName: name("p"), PeerNamespace: netlink.NsPid(pid)}
		Expect(node.LinkAdd(pair)).To(Succeed())
		DeferCleanup(func() { node.LinkDel(pair) })
		Expect(node.LinkSetUp(pair)).To(Succeed())
		Expect(pod.LinkSetUp(linkIn(pod, name("p")))).To(Succeed())
		Eventually(func() netlink.LinkOperState { return linkIn(pod, name("p")).Attrs().OperState }).Should(Equal(netlink.LinkOperState(netlink.OperUp)))

		Expect(podnetwork.CutOff(thisNode, networkOf(pid))).To(Succeed())

		Expect(linkIn(node, name("n")).Attrs().Flags & net.FlagUp).To(BeZero())
		Eventually(func() netlink.LinkOperState { return linkIn(pod, name("p")).Attrs().OperState }).ShouldNot(Equal(netlink.LinkOperState(netlink.OperUp)))
	})

	It("is the same for a worker in a network namespace of its own", func() {
		pid, pod := inNamespace()
		node, err := netlink.NewHandle()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(node.Close)
		pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name("m")}, PeerName: name("q"), PeerNamespace: netlink.NsPid(pid)}
		Expect(node.LinkAdd(pair)).To(Succeed())
		DeferCleanup(func() { node.LinkDel(pair) })
		Expect(node.LinkSetUp(pair)).To(Succeed())
		Expect(pod.LinkSetUp(linkIn(pod, name("q")))).To(Succeed())

		inOwnNamespace(func() { Expect(podnetwork.CutOff(thisNode, networkOf(pid))).To(Succeed()) })

		Expect(linkIn(node, name("m")).Attrs().Flags & net.FlagUp).To(BeZero())
		Expect(linkIn(pod, name("q"))).NotTo(BeNil(), "an interface whose other end was found stays")
	})

	It("never cuts off the node, which a worker in a namespace of its own would not take for its own", func() {
		if os.Getuid() != 0 {
			Skip("needs root")
		}
		inOwnNamespace(func() {
			Expect(podnetwork.CutOff(thisNode, networkOf(os.Getpid()))).To(MatchError(ContainSubstring("shares the node's network")))
		})
	})

	It("removes an interface of another kind, and leaves loopback", func() {
		pid, pod := inNamespace()
		bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}}
		Expect(pod.LinkAdd(bridge)).To(Succeed())
		Expect(pod.LinkSetUp(bridge)).To(Succeed())
		Expect(pod.LinkSetUp(linkIn(pod, "lo"))).To(Succeed())

		Expect(podnetwork.CutOff(thisNode, networkOf(pid))).To(Succeed())

		_, err := pod.LinkByName("eth0")
		Expect(err).To(BeAssignableToTypeOf(netlink.LinkNotFoundError{}))
		Expect(linkIn(pod, "lo").Attrs().Flags & net.FlagUp).NotTo(BeZero())
	})

	It("never cuts the node off", func() {
		Expect(podnetwork.CutOff(thisNode, networkOf(os.Getpid()))).To(MatchError(ContainSubstring("shares the node's network")))
	})
})

func networkOf(pid int) *os.File {
	GinkgoHelper()
	network, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(network.Close)
	return network
}

// inOwnNamespace calls a function on a thread in a new network namespace. The
// thread ends with it.
func inOwnNamespace(call func()) {
	GinkgoHelper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer GinkgoRecover()
		runtime.LockOSThread() // for good: no other goroutine gets to run there
		Expect(unix.Unshare(unix.CLONE_NEWNET)).To(Succeed())
		call()
	}()
	<-done
}
