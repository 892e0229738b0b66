package testflight_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"golang.org/x/sys/unix"
)

var _ = Describe("where a worker listens", func() {
	// eachWorker calls with each worker's process, and the addresses that are open
	// by design.
	eachWorker := func(call func(process int, open []string)) {
		GinkgoHelper()
		workers := runs.OpenPorts()
		Expect(workers).NotTo(BeEmpty())
		for daemon, open := range workers {
			process, err := runs.Cluster.DaemonProcess(daemon)
			Expect(err).NotTo(HaveOccurred())
			By(daemon)
			call(process, open)
		}
	}

	It("is an address for the health check and the node's pulls of volumes alone", func() {
		eachWorker(func(process int, open []string) {
			Expect(listenersOf(process, "tcp", "tcp6")).To(ConsistOf(open))
		})
	})

	It("is otherwise a unix socket, which root alone on the node may connect to", func(ctx SpecContext) {
		eachWorker(func(process int, _ []string) {
			sockets := listenersOf(process, "unix")
			var names []string
			for _, socket := range sockets {
				names = append(names, filepath.Base(socket))
				connect := func() error { return connects(ctx, "unix", socket) }
				Expect(connect()).To(Succeed(), socket)
				Expect(asNobody(connect)).To(MatchError(unix.EACCES), socket)
				if filepath.Base(socket) == "debug.sock" { // as README.md says
					Expect(exec.CommandContext(ctx, "curl", "-sSf", "--unix-socket", socket, "http://worker/debug/pprof/goroutine?debug=2").Output()).
						To(ContainSubstring("goroutine 1 "))
				}
			}
			Expect(names).To(ConsistOf("garden.sock", "baggageclaim.sock", "debug.sock"))
		})
	})

	It("tells nobody on the node which images of volumes there are, nor what is in the worker", func(ctx SpecContext) {
		eachWorker(func(_ int, open []string) {
			for _, address := range open {
				Expect(asNobody(func() error { return connects(ctx, "tcp", address) })).To(Succeed(), address)
				for _, path := range []string{"/v2/_catalog", "/v2/volume/tags/list", "/v2/volume/manifests/latest", "/containers", "/volumes", "/debug/pprof/"} {
					Expect(bodyOf(ctx, "http://"+address+path)).To(Or(BeEmpty(), Equal("404 page not found\n")), address+path)
				}
			}
		})
	})

	It("may be in a network namespace of its own: volumes are pulled and hermetic steps cut off as ever", func(ctx SpecContext) {
		needTwoNodes()
		process, err := runs.Cluster.DaemonProcess(concourse.SecondWorkerDaemon)
		Expect(err).NotTo(HaveOccurred())
		its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", process))
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Readlink("/proc/self/ns/net")).NotTo(Equal(its))

		version := newName()
		p := setPipeline(ctx, `
resources:
- name: image
  type: mock
  source: {mirror_self: true, initial_version: ((version))}
jobs:
- name: main
  plan:
  - get: image
    tags: [`+concourse.SecondWorkerTag+`]
  - task: from-volume
    tags: [`+concourse.SecondWorkerTag+`]
    image: image
    config:
      platform: linux
      run: {path: sh, args: [-ec, 'echo $((40+2)) $MIRRORED_VERSION; ping -c 1 -W 5 `+runs.Cluster.NodeAddress()+`']}
  - task: hermetic
    tags: [`+concourse.SecondWorkerTag+`]
    hermetic: true
    image: image
    config:
      platform: linux
      run: {path: sh, args: [-ec, 'ping -c 1 -W 1 `+runs.Cluster.NodeAddress()+`']}
`, "version="+version)
		Expect(p.run(ctx, 1)).To(And(
			gbytes.Say("42 "+version), gbytes.Say("1 packets received"), gbytes.Say("100% packet loss"),
		))
	}, SpecTimeout(patience))
})

// listenersOf are the addresses and the paths at which a process listens, in its own
// network namespace and in the node's.
func listenersOf(process int, protocols ...string) []string {
	GinkgoHelper()
	sockets := map[string]bool{}
	descriptors, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", process))
	Expect(err).NotTo(HaveOccurred())
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err == nil { // else it is closed by now
			sockets[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	var found []string
	for _, namespace := range []string{strconv.Itoa(process), "self"} {
		for _, protocol := range protocols {
			table, err := os.Open(filepath.Join("/proc", namespace, "net", protocol))
			Expect(err).NotTo(HaveOccurred())
			defer table.Close()
			for lines := bufio.NewScanner(table); lines.Scan(); {
				if inode, address := listening(protocol, strings.Fields(lines.Text())); sockets[inode] {
					found = append(found, address)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// listening reads a line of /proc/net: see proc_net_tcp.rst of the kernel, and
// proc(5). What does not listen has no inode.
func listening(protocol string, fields []string) (inode, address string) {
	const tcpListen, unixAccepts = "0A", "00010000"
	switch {
	case protocol == "unix" && len(fields) == 8 && fields[3] == unixAccepts:
		return fields[6], fields[7]
	case protocol == "unix" && len(fields) == 7 && fields[3] == unixAccepts:
		return fields[6], "a socket without a name"
	case protocol != "unix" && len(fields) > 9 && fields[3] == tcpListen:
		return fields[9], addressOf(fields[1])
	default:
		return "", ""
	}
}

// addressOf reads an address of /proc/net/tcp: words in the order of the machine, and
// the port.
func addressOf(written string) string {
	GinkgoHelper()
	words, port, _ := strings.Cut(written, ":")
	ip, err := hex.DecodeString(words)
	Expect(err).NotTo(HaveOccurred())
	for word := range slices.Chunk(ip, 4) {
		slices.Reverse(word) // the machine is little-endian
	}
	number, err := strconv.ParseUint(port, 16, 16)
	Expect(err).NotTo(HaveOccurred())
	return net.JoinHostPort(net.IP(ip).String(), strconv.FormatUint(number, 10))
}

func connects(ctx context.Context, network, address string) error {
	connection, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	return connection.Close()
}

func bodyOf(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body := new(strings.Builder)
	_, err = bufio.NewReader(response.Body).WriteTo(body)
	return body.String(), err
}

// asNobody calls on a thread of an unprivileged user, which ends with the call.
func asNobody(call func() error) error {
	const nobody = 65534
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: no other goroutine gets to run there
		for _, become := range [][4]uintptr{
			{unix.SYS_SETGROUPS, 0, 0, 0},
			{unix.SYS_SETRESGID, nobody, nobody, nobody},
			{unix.SYS_SETRESUID, nobody, nobody, nobody},
		} {
			if _, _, failed := unix.RawSyscall(become[0], become[1], become[2], become[3]); failed != 0 {
				result <- fmt.Errorf("become nobody: %w", failed)
				return
			}
		}
		result <- call()
	}()
	return <-result
}
