package podinit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// told is for an Eventually that ends in time, which one with a context does not.
func (p *pod) told(ctx context.Context) func() ([]podinit.ProcessState, error) {
	return func() ([]podinit.ProcessState, error) { return p.Processes(ctx) }
}

// fullPipe makes a named pipe that takes no more before it was read from.
func fullPipe(path string) *os.File {
	GinkgoHelper()
	Expect(unix.Mkfifo(path, 0o600)).To(Succeed())
	descriptor, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	Expect(err).NotTo(HaveOccurred())
	file := os.NewFile(uintptr(descriptor), path)
	DeferCleanup(file.Close)
	for err == nil {
		_, err = unix.Write(descriptor, []byte{0})
	}
	Expect(err).To(MatchError(unix.EAGAIN))
	return file
}

var _ = Describe("what init was asked to run", func() {
	It("is nothing at first", func(ctx SpecContext) {
		Expect(startPod(podOptions{}).Processes(ctx)).To(BeEmpty())
	})

	It("is known with what became of it, whether or not a client attached", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		p.run(ctx, named("attached", script("exit 3")))
		Expect(p.Start(ctx, named("alone", script("echo out; kill -KILL $$")))).To(Succeed())
		p.startTrap(ctx, "runs", "trap 'exit 0' TERM")
		Expect(p.Start(ctx, podinit.ProcessSpec{ID: "never", Path: "no-such-thing"})).NotTo(Succeed())

		Eventually(p.told(ctx)).Should(ConsistOf(
			podinit.ProcessState{ID: "attached", ExitStatus: 3},
			podinit.ProcessState{ID: "alone", ExitStatus: 128 + 9},
			podinit.ProcessState{ID: "runs", Running: true},
		))
		Expect(p.Stop(ctx, false)).To(Succeed())
		Expect(p.Processes(ctx)).To(ContainElement(podinit.ProcessState{ID: "runs"}))
		Expect(p.attach(ctx, "alone")).To(Equal(result{"out\n", "", 128 + 9}), "its output waits for a client still")
	})

	It("runs for as long as its output may come", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ(), args: []string{"--max-kept", "1000"}})
		Expect(p.Start(ctx, named("full", script("seq 100000")))).To(Succeed())
		running := ConsistOf(podinit.ProcessState{ID: "full", Running: true})
		Consistently(p.told(ctx), "100ms").Should(running, "it waits for a client")
		p.attach(ctx, "full")
		Expect(p.Processes(ctx)).To(ConsistOf(And(HaveField("Running", false), HaveField("Delivered.Stdout", BeEquivalentTo(588_895)))))
	})

	It("runs until all of its output is kept, also if it has ended itself", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		kept := filepath.Join(p.stateDir, "a.stdout")
		file := fullPipe(kept) // a write to it takes as long as the spec likes
		Expect(p.Start(ctx, named("a", script("echo out; touch $1; exit 3", filepath.Join(p.dir, "ended"))))).To(Succeed())
		Eventually(filepath.Join(p.dir, "ended")).Should(BeAnExistingFile())
		Consistently(p.told(ctx), "100ms").Should(ConsistOf(podinit.ProcessState{ID: "a", Running: true}))

		go io.Copy(io.Discard, file)
		Eventually(p.told(ctx)).Should(ConsistOf(podinit.ProcessState{ID: "a", ExitStatus: 3}))
	})

	It("has no exit status that says something if the pod was told to end meanwhile", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		p.run(ctx, named("before", script("exit 4")))
		p.startTrap(ctx, "a", "trap 'touch $0.told; while [ ! -e $0.end ]; do sleep 0.01; done; exit 5' TERM; ")
		p.startTrap(ctx, "b", "trap 'exit 5' TERM; ")
		Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())

		Eventually(p.told(ctx)).Should(ConsistOf(
			podinit.ProcessState{ID: "before", ExitStatus: 4},
			podinit.ProcessState{ID: "a", Running: true, ToldToEnd: true},
			podinit.ProcessState{ID: "b", ToldToEnd: true},
		))
		Expect(os.WriteFile(filepath.Join(p.dir, "a.end"), nil, 0o600)).To(Succeed())
		Eventually(p.exited).Should(Receive(BeNil()))
	})

	It("has no exit status that says something if its output could not be kept", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ(), launcher: []string{"sh", "-c",
			`mkdir "$4" && mount -t tmpfs -o size=64k state "$4" && exec "$0" "$@"`}})
		Expect(p.Start(ctx, named("a", script("head -c 100000 /dev/zero; exit 3")))).To(Succeed())
		Eventually(p.told(ctx)).Should(ConsistOf(And(
			HaveField("ID", "a"), HaveField("Running", false), HaveField("ExitStatus", 0),
			HaveField("Broken", ContainSubstring("no space left on device")),
		)))
	})

	DescribeTable("is not believed", func(ctx SpecContext, answer func(net.Conn), complaint string) {
		states, err := impostor(answer).Processes(ctx)
		var gone *podinit.GoneError
		Expect(errors.As(err, &gone)).To(BeTrue(), "%v", err)
		Expect(err).To(MatchError(ContainSubstring(complaint)))
		Expect(states).To(BeNil())
	},
		Entry("if an earlier init can't say", says("HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n404 page not found\n"), "404"),
		Entry("if nothing comes", says(answered("")), "read its answer"),
		Entry("if it is no list", says(answered(`{"ID":"a"}`)), "no list"),
		Entry("if it does not end", says(answered(`[{"ID":"a"}`)), "read its answer"),
		Entry("if more comes after it", says(answered(`[][]`)), "more comes after it"),
		Entry("if they are too many", says(answered(`[`+strings.Repeat(`{"ID":"a"},`, 10_000)+`{"ID":"a"}]`)), "more than 10000 processes"),
		Entry("if they are without end", repeats("HTTP/1.1 200 OK\r\n\r\n[", `{"ID":"`+strings.Repeat("a", 1000)+`"},`), "read its answer"),
		Entry("if one has no ID", says(answered(`[{"ExitStatus":1}]`)), "an ID of 0 bytes"),
		Entry("if one has an ID that is none", says(answered(`[{"ID":"`+strings.Repeat("a", 1025)+`"}]`)), "an ID of 1025 bytes"),
		Entry("if it has an exit status beyond a byte", says(answered(`[{"ID":"a","ExitStatus":256}]`)), "exit status 256"),
		Entry("if it has an exit status below zero", says(answered(`[{"ID":"a","ExitStatus":-1}]`)), "exit status -1"),
		Entry("if one that runs has an exit status", says(answered(`[{"ID":"a","Running":true,"ExitStatus":1}]`)), "that has none"),
		Entry("if one that was told to end has an exit status", says(answered(`[{"ID":"a","ToldToEnd":true,"ExitStatus":1}]`)), "that has none"),
		Entry("if stdout was delivered before there was any", says(answered(`[{"ID":"a","Delivered":{"Stdout":-1}}]`)), "before there was any"),
		Entry("if stderr was delivered before there was any", says(answered(`[{"ID":"a","Delivered":{"Stderr":-1}}]`)), "before there was any"),
		Entry("if one whose output was lost has an exit status", says(answered(`[{"ID":"a","Broken":"x","ExitStatus":1}]`)), "that has none"),
	)

	It("takes bounded memory, whatever is said", func(ctx SpecContext) {
		const most, inBuffers = 2 << 20, 8 << 20
		said := make(chan int, 1)
		_, err := impostor(func(connection net.Conn) {
			total, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n"+`[{"ID":"`)
			for err == nil && total < 64<<20 {
				var n int
				n, err = io.WriteString(connection, strings.Repeat("a", 64<<10))
				total += n
			}
			said <- total
		}).Processes(ctx)
		Expect(err).To(MatchError(ContainSubstring("read its answer")))
		Eventually(said).Should(Receive(BeNumerically("<", most+inBuffers)))
	})

	It("may be as much as is taken note of, in words that are cut", func(ctx SpecContext) {
		all := make([]podinit.ProcessState, 10_000)
		for i := range all {
			all[i] = podinit.ProcessState{ID: "1a2b3c4d-0000-4000-8000-1234567890ab", Running: true, ToldToEnd: true}
		}
		all[0].Broken = strings.Repeat("x", 10_000)
		content, err := json.Marshal(all)
		Expect(err).NotTo(HaveOccurred())

		states, err := impostor(says(answered(string(content)))).Processes(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(states[1:]).To(Equal(all[1:]))
		Expect(len(states[0].Broken)).To(BeNumerically("<", 5000))
	})
})
