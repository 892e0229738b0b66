package testflight_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

const (
	// removeSocket has the pod's init be out of reach.
	removeSocket = `rm $(tr '\0' '\n' < /proc/1/cmdline | grep init.sock)`
	runOn        = `echo now $((40+2)) running; sleep 1000000`
)

var _ = Describe("a step without its init", func() {
	socketOf := func(p pipeline) string {
		GinkgoHelper()
		sockets, err := filepath.Glob(filepath.Join(runs.Cluster.DaemonDir(), "worker*", "containers", pod.Handle(p.podOf("task")), "run", "*", "init.sock"))
		Expect(err).NotTo(HaveOccurred())
		Expect(sockets).To(HaveLen(1))
		return sockets[0]
	}
	// removesItsSocket runs the pipeline's task, and something in its container, which
	// removes the socket once the worker follows the task.
	removesItsSocket := func(ctx context.Context, p pipeline) *gexec.Session {
		GinkgoHelper()
		session := p.trigger(ctx)
		Eventually(session.Out, patience).Should(gbytes.Say("now 42 running"))
		socket := socketOf(p)
		// What removes the socket may end before the worker follows it, which fails then.
		fly.Run(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "sh", "-c", removeSocket)
		Eventually(socket).ShouldNot(BeAnExistingFile())
		return session
	}
	abort := func(ctx context.Context, p pipeline) {
		GinkgoHelper()
		_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
		Expect(err).NotTo(HaveOccurred())
	}
	expectNoPod := func(ctx context.Context, p pipeline) {
		GinkgoHelper()
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		Eventually(ctx, func(g Gomega) {
			list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{
				LabelSelector: "concourse-ci.org/type=task,concourse-ci.org/pipeline=" + p.name,
			})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(names(list.Items)).To(BeEmpty())
		}).WithTimeout(patience).Should(Succeed())
	}

	It("is aborted", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", runOn))
		session := removesItsSocket(ctx, p)
		abort(ctx, p)
		Eventually(session, patience).Should(gexec.Exit(3))
		expectNoPod(ctx, p)
	}, SpecTimeout(2*patience))

	It("times out", func(ctx SpecContext) {
		config := strings.Replace(task("{repository: ((registry))/busybox}", "", runOn), "- task: one", "- task: one\n    timeout: 20s", 1)
		p := setPipeline(ctx, config)
		session := removesItsSocket(ctx, p)
		Eventually(session, patience).Should(gexec.Exit(1))
		Expect(session.Out).To(gbytes.Say("timeout exceeded"))
		expectNoPod(ctx, p)
	}, SpecTimeout(2*patience))

	It("errors if nobody followed it yet", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", removeSocket+"; sleep 1000000")+"    timeout: 60s\n")
		session := p.trigger(ctx)
		Eventually(session, patience).Should(gexec.Exit())
		Expect(session.ExitCode()).To(BeElementOf(1, 2), "the timeout's, if the worker was there before")
		expectNoPod(ctx, p)
	}, SpecTimeout(2*patience))

	It("says so to who wants to run something in it", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", runOn))
		session := removesItsSocket(ctx, p)
		_, err := fly.Run(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "true")
		Expect(err).To(MatchError(ContainSubstring("something in the pod ended init, or removed or replaced its socket")))
		abort(ctx, p)
		Eventually(session, patience).Should(gexec.Exit(3))
	}, SpecTimeout(2*patience))

	// An impostor listens in init's place. That it is no process of the pod makes no
	// difference to the worker, which connects to what is at the path.
	impostor := func(p pipeline, answer http.HandlerFunc) {
		GinkgoHelper()
		socket := socketOf(p)
		Expect(os.Remove(socket)).To(Succeed())
		// The path may be longer than the address of a socket.
		directory, err := os.Open(filepath.Dir(socket))
		Expect(err).NotTo(HaveOccurred())
		defer directory.Close()
		listener, err := net.Listen("unix", fmt.Sprintf("/proc/self/fd/%d/init.sock", directory.Fd()))
		Expect(err).NotTo(HaveOccurred())
		listener.(*net.UnixListener).SetUnlinkOnClose(false)
		server := &http.Server{Handler: answer}
		go server.Serve(listener)
		DeferCleanup(server.Close)
	}

	It("is ended whatever an impostor says, which holds up nobody else", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", runOn))
		session := p.trigger(ctx)
		Eventually(session.Out, patience).Should(gbytes.Say("now 42 running"))
		impostor(p, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/attach" {
				w.WriteHeader(http.StatusSwitchingProtocols)
			}
		})

		By("starting nothing and switching to nothing")
		_, err := fly.Run(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "true")
		Expect(err).To(HaveOccurred())

		By("running another step")
		Expect(setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "echo the task ran $((40+2))")).run(ctx, 0)).To(gbytes.Say("the task ran 42"))

		By("claiming that it stopped")
		abort(ctx, p)
		Eventually(session, patience).Should(gexec.Exit(3))
		expectNoPod(ctx, p)
	}, SpecTimeout(3*patience))
})
