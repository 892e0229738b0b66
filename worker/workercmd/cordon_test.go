package workercmd

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse/tsa"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/tedsuo/ifrit"
	"golang.org/x/crypto/ssh"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

var _ = Describe("the beacon of a worker whose node may be cordoned", func() {
	var (
		client     *fake.Clientset
		log        *lagertest.TestLogger
		watching   chan struct{}
		registered chan struct{}
		landed     chan struct{}
		// ends has upstream's beacon end by itself.
		ends    chan error
		workDir string
		beacon  cordonedBeacon
	)

	// upstreams is a beacon that registers and goes on until it is signalled.
	upstreams := func(registers chan<- struct{}, ends <-chan error) ifrit.RunFunc {
		return func(signals <-chan os.Signal, ready chan<- struct{}) error {
			registers <- struct{}{}
			close(ready)
			select {
			case <-signals:
				return nil
			case err := <-ends:
				return err
			}
		}
	}
	announceWatches := func(of *fake.Clientset, to chan<- struct{}) {
		of.PrependWatchReactor("nodes", func(action clienttesting.Action) (bool, watch.Interface, error) {
			watcher, err := of.Tracker().Watch(action.GetResource(), "")
			to <- struct{}{}
			return true, watcher, err
		})
	}
	landsAt := func(at chan<- struct{}) func() error {
		return func() error {
			select {
			case at <- struct{}{}:
			default: // nobody waits for it any more
			}
			return nil
		}
	}

	// What a beacon calls has its spec's own variables: its goroutines may outlive the spec.
	BeforeEach(func() {
		client, log = fake.NewSimpleClientset(), lagertest.NewTestLogger("worker")
		watching, registered, landed = make(chan struct{}, 10), make(chan struct{}, 10), make(chan struct{}, 10)
		ends, workDir = make(chan error, 1), GinkgoT().TempDir()
		announceWatches(client, watching)
		beacon = newCordonedBeacon(log, upstreams(registered, ends), cluster{client: client, nodeName: "node-1", node: node.New("node-1")}, workDir)
		beacon.land = landsAt(landed)
		beacon.landAgain = time.Hour
	})

	cordoned := func(is bool) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Spec: corev1.NodeSpec{Unschedulable: is}}
	}
	change := func(ctx SpecContext, is bool) {
		GinkgoHelper()
		_, err := client.CoreV1().Nodes().Update(ctx, cordoned(is), metav1.UpdateOptions{})
		Expect(err).NotTo(HaveOccurred())
	}
	// run runs the beacon on a node that is cordoned, or not.
	run := func(is bool) ifrit.Process {
		GinkgoHelper()
		Expect(client.Tracker().Add(cordoned(is))).To(Succeed())
		process := ifrit.Background(beacon)
		DeferCleanup(func() {
			process.Signal(os.Interrupt)
			Eventually(process.Wait()).Should(Receive())
		})
		Eventually(watching).Should(Receive())
		return process
	}

	It("registers it, and lands it once the node is cordoned", func(ctx SpecContext) {
		process := run(false)
		Eventually(process.Ready()).Should(BeClosed())
		Expect(registered).To(Receive())
		Consistently(landed).ShouldNot(Receive())

		change(ctx, true)
		Eventually(landed).Should(Receive())
		Consistently(landed).ShouldNot(Receive())
		Expect(process.Wait()).NotTo(Receive(), "upstream's beacon ends once the worker has landed")
	})

	It("waits while the node is cordoned, says so once, and registers it then", func(ctx SpecContext) {
		process := run(true)
		Eventually(log).Should(gbytes.Say("registering-once-the-node-is-uncordoned"))
		Consistently(registered).ShouldNot(Receive())

		change(ctx, false)
		Eventually(registered).Should(Receive())
		Eventually(process.Ready()).Should(BeClosed())
		Expect(log).NotTo(gbytes.Say("registering-once"))
		Expect(landed).NotTo(Receive())
	})

	It("lands it again as long as it has not landed, as landing may fail", func(ctx SpecContext) {
		beacon.landAgain = time.Millisecond
		lands := beacon.land
		beacon.land = func() error { return errors.Join(lands(), errors.New("no such process")) }
		run(false)
		change(ctx, true)
		for range 3 {
			Eventually(landed).Should(Receive())
		}
		Expect(log).To(gbytes.Say("no such process"))
	})

	// left is what an earlier life of the worker left.
	left := func() {
		GinkgoHelper()
		Expect(os.MkdirAll(filepath.Join(workDir, "containers", "some-handle"), 0o700)).To(Succeed())
	}

	It("registers it on a cordoned node to go on with the steps that a crash left, and lands it at once", func() {
		left()
		run(true)
		Eventually(registered).Should(Receive())
		Eventually(landed).Should(Receive())
	})

	It("waits, when it has landed, whatever containers are left of builds that have ended", func(ctx SpecContext) {
		left()
		process := run(true)
		Eventually(landed).Should(Receive())
		Expect(registered).To(Receive())
		ends <- nil
		Eventually(process.Wait()).Should(Receive(BeNil()))

		again := ifrit.Background(beacon)
		Eventually(log).Should(gbytes.Say("registering-once-the-node-is-uncordoned"))
		Consistently(registered).ShouldNot(Receive())
		change(ctx, false)
		Eventually(registered).Should(Receive())
		again.Signal(os.Interrupt)
		Eventually(again.Wait()).Should(Receive())

		By("having forgotten that it landed once it was registered again")
		change(ctx, true)
		third := ifrit.Background(beacon)
		Eventually(registered).Should(Receive())
		third.Signal(os.Interrupt)
		Eventually(third.Wait()).Should(Receive())
	})

	DescribeTable("registers it again to go on with its steps, when the beacon ended on the cordoned node without landing it",
		func(end error) {
			left()
			process := run(true)
			Eventually(registered).Should(Receive())
			ends <- end
			Eventually(process.Wait()).Should(Receive(MatchError(end)))

			again := ifrit.Background(beacon)
			Eventually(registered).Should(Receive())
			again.Signal(os.Interrupt)
			Eventually(again.Wait()).Should(Receive(BeNil()))
		},
		Entry("as it reached no web node", tsa.ErrAllGatewaysUnreachable),
		Entry("as web refused a command", &ssh.ExitError{}),
	)

	DescribeTable("ends when it is signalled",
		func(is bool) {
			process := run(is)
			if !is {
				Eventually(process.Ready()).Should(BeClosed())
			}
			process.Signal(os.Interrupt)
			Eventually(process.Wait()).Should(Receive(BeNil()))
			if is {
				Expect(registered).NotTo(Receive())
			}
		},
		Entry("while it waits", true),
		Entry("while the worker is registered", false),
	)

	// Ginkgo listens for it too, and prints where it is.
	It("lands by the signal that upstream's beacon listens for", func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGUSR1)
		DeferCleanup(signal.Stop, signals)

		Expect(askToLand()).To(Succeed())
		Eventually(signals).Should(Receive(Equal(syscall.SIGUSR1)))
	})
})
