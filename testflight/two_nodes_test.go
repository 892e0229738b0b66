package testflight_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// needTwoNodes skips a spec where the cluster has one node.
func needTwoNodes() {
	GinkgoHelper()
	if len(runs.Cluster.NodeNames()) < 2 {
		Skip("the cluster has one node: start it with TESTFLIGHT_NODES=2")
	}
}

// reconfigure has web and workers running with changed flags while the spec runs.
func reconfigure(ctx context.Context, change func(*concourse.Concourse)) {
	GinkgoHelper()
	changed := *runs
	change(&changed)
	Expect(changed.StartDaemons(ctx)).To(Succeed())
	awaitWorkers(ctx)
	DeferCleanup(func(ctx SpecContext) {
		Expect(runs.StartDaemons(ctx)).To(Succeed())
		awaitWorkers(ctx)
	})
}

// nodesOf returns the nodes on which the pipeline's step of that name had pods.
func (p pipeline) nodesOf(step string) []string {
	nodes := map[string]bool{}
	for _, pod := range p.pods() {
		if pod.Step == step {
			nodes[pod.Pod.Spec.NodeName] = true
		}
	}
	return slices.Sorted(maps.Keys(nodes))
}

var _ = Describe("two nodes", func() {
	var first, second string

	BeforeEach(func() {
		needTwoNodes()
		nodes := runs.Cluster.NodeNames()
		first, second = nodes[0], nodes[1]
	})

	It("have pods that reach each other, the registries and the host", func(ctx SpecContext) {
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		pods := client.CoreV1().Pods(concourse.Namespace)
		start := func(name, node, script string) {
			GinkgoHelper()
			_, err := pods.Create(ctx, &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: name},
				Spec: corev1.PodSpec{
					NodeName:      node,
					RestartPolicy: corev1.RestartPolicyNever,
					Containers: []corev1.Container{{
						Name: "step", Image: runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest"),
						Command: []string{"sh", "-ec", script},
					}},
				},
			}, metav1.CreateOptions{})
			Expect(err).NotTo(HaveOccurred())
			now := int64(0)
			DeferCleanup(pods.Delete, name, metav1.DeleteOptions{GracePeriodSeconds: &now})
		}
		status := func(name string) func() (corev1.PodStatus, error) {
			return func() (corev1.PodStatus, error) {
				pod, err := pods.Get(ctx, name, metav1.GetOptions{})
				return pod.Status, err
			}
		}

		for i, node := range []string{first, second} {
			server, client := fmt.Sprintf("server-%d", i), fmt.Sprintf("client-%d", i)
			other := []string{second, first}[i]
			start(server, node, "echo served > /tmp/index.html; exec httpd -f -p 8080 -h /tmp")
			Eventually(status(server)).Should(HaveField("Phase", corev1.PodRunning))
			serving, err := status(server)()
			Expect(err).NotTo(HaveOccurred())

			start(client, other, fmt.Sprintf("set -x; wget -O - http://%s:8080/ http://%s/v2/ %s/api/v1/info; ! wget -O - http://%s/v2/ 2>&1 | tee /dev/stderr | grep refused",
				serving.PodIP, runs.Cluster.Registry(), runs.URL(), runs.Cluster.PrivateRegistry()))
			Eventually(status(client)).Should(HaveField("Phase", corev1.PodSucceeded))
		}
	}, SpecTimeout(patience))

	Describe("between which volumes are streamed", func() {
		// Its task's volumes go to the second node and back.
		const thereAndBack = `
jobs:
- name: main
  plan:
  - task: make
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: made}]
      run:
        path: sh
        args:
        - -ec
        - |
          cd made
          echo content > file
          ln -s file link
          cp /bin/busybox setuid
          chmod 4751 setuid
          chown 1234:65533 file
          dd if=/dev/urandom of=large bs=1M count=20
          mkdir -p deep/empty
          LISTING
  - task: there
    tags: [second-node]
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: made}]
      outputs: [{name: copied}]
      run: {path: sh, args: [-ec, 'cp -a made/. copied']}
  - task: back
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: copied}]
      run:
        path: sh
        args:
        - -ec
        - |
          cd copied
          LISTING
`
		const listing = `echo begin $((40+2))
          stat -c '%N %F %a %u:%g %s' $(find . ! -name .) | sort
          stat -c '%N %Y' $(find . -type f) | sort
          sha256sum file setuid large link
          echo end $((40+2))`

		streams := func(ctx context.Context) {
			GinkgoHelper()
			p := setPipeline(ctx, strings.ReplaceAll(thereAndBack, "LISTING", listing))
			log := string(p.run(ctx, 0).Contents())

			Expect(p.nodesOf("make")).To(ConsistOf(first))
			Expect(p.nodesOf("there")).To(ConsistOf(second))
			Expect(p.nodesOf("back")).To(ConsistOf(first))
			listings := between(log, "begin 42", "end 42")
			Expect(listings).To(HaveLen(2))
			Expect(listings[0]).To(And(ContainSubstring("4751 0:0"), ContainSubstring("1234:65533"), ContainSubstring("deep/empty")))
			Expect(listings[1]).To(Equal(listings[0]))
		}

		It("through web", func(ctx SpecContext) { streams(ctx) }, SpecTimeout(patience))

		It("from worker to worker", Serial, func(ctx SpecContext) {
			reachable := func(node int) []string {
				device, address := runs.WorkerDevice(node)
				return []string{
					"--baggageclaim-bind-ip=" + address,
					"--baggageclaim-p2p-interface-name-pattern=^" + regexp.QuoteMeta(device) + "$",
					"--baggageclaim-log-level=debug",
				}
			}
			reconfigure(ctx, func(c *concourse.Concourse) {
				c.WebFlags = []string{"--enable-p2p-volume-streaming"}
				c.WorkerFlags = reachable(1)
				c.SecondWorkerFlags = append(reachable(2), c.SecondWorkerFlags...)
			})
			streams(ctx)
			for _, daemon := range []string{concourse.WorkerDaemon, concourse.SecondWorkerDaemon} {
				log, err := os.ReadFile(runs.Cluster.DaemonLog(daemon))
				Expect(err).NotTo(HaveOccurred())
				Expect(string(log)).To(And(ContainSubstring("stream-p2p-out.done"), ContainSubstring("volumes-are-open-to-the-network")), daemon)

				By("having nobody list volumes there")
				process, err := runs.Cluster.DaemonProcess(daemon)
				Expect(err).NotTo(HaveOccurred())
				addresses := listenersOf(process, "tcp", "tcp6")
				Expect(len(addresses)).To(BeNumerically(">", len(runs.OpenPorts()[daemon])))
				for _, address := range addresses {
					Expect(bodyOf(ctx, "http://"+address+"/volumes")).To(Or(BeEmpty(), Equal("404 page not found\n")), address)
				}
			}
		}, SpecTimeout(2*patience))
	})

	It("use as the image of a task what the other has got", func(ctx SpecContext) {
		here, there := newName()+"-here", newName()+"-there"
		p := setPipeline(ctx, `
resources:
- name: got-here
  type: mock
  source: {mirror_self: true, initial_version: ((here))}
- name: got-there
  type: mock
  source: {mirror_self: true, initial_version: ((there))}
jobs:
- name: main
  plan:
  - get: got-here
  - task: there
    tags: [second-node]
    image: got-here
    config:
      platform: linux
      run: {path: sh, args: [-ec, 'echo $((40+2)) got $MIRRORED_VERSION']}
  - get: got-there
    tags: [second-node]
  - task: here
    image: got-there
    config:
      platform: linux
      run: {path: sh, args: [-ec, 'echo $((40+2)) got $MIRRORED_VERSION']}
`, "here="+here, "there="+there)
		log := p.run(ctx, 0)
		Expect(log).To(gbytes.Say("42 got " + here))
		Expect(log).To(gbytes.Say("42 got " + there))
		for step, node := range map[string]string{"got-here": first, "there": second, "got-there": second, "here": first} {
			Expect(p.nodesOf(step)).To(ContainElement(node), step)
		}
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Step", "there"), HaveField("Image", ContainSubstring("/volume@sha256:"))),
			And(HaveField("Step", "here"), HaveField("Image", ContainSubstring("/volume@sha256:"))),
		))
	}, SpecTimeout(patience))
})
