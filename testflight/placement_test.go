package testflight_test

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("placement on two nodes", Serial, func() {
	const aTask = `
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: sh, args: [-ec, 'SCRIPT']}
`
	BeforeEach(needTwoNodes)

	// placeBy has web place steps in that way, on either node.
	placeBy := func(ctx SpecContext, flags ...string) {
		GinkgoHelper()
		reconfigure(ctx, func(c *concourse.Concourse) {
			c.WebFlags, c.SecondWorkerFlags = flags, nil
		})
		Eventually(ctx, func() ([]atc.Worker, error) { return api.ListWorkers() }).Should(HaveEach(HaveField("Tags", BeEmpty())))
	}

	It("puts each step of a build where the fewest are", func(ctx SpecContext) {
		// What earlier specs executed and intercepted counts too: Concourse
		// would keep it for longer than this spec may take.
		placeBy(ctx, "--container-placement-strategy=fewest-build-containers", "--check-container-placement-strategy=fewest-build-containers",
			"--gc-one-off-grace-period=1s", "--gc-hijack-grace-period=1s", "--gc-failed-grace-period=1s")
		By("starting from nothing")
		Eventually(ctx, buildContainers, patience).Should(BeEmpty())

		plan := ""
		for _, name := range []string{"one", "two", "three", "four"} {
			plan += "  - task: " + name + strings.ReplaceAll(aTask, "SCRIPT", "echo runs")
		}
		p := setPipeline(ctx, "jobs:\n- name: main\n  plan:\n"+plan)
		p.run(ctx, 0)

		pods := map[string]int{}
		for _, pod := range p.pods() {
			pods[pod.Pod.Spec.NodeName]++
		}
		Expect(pods).To(HaveLen(2))
		nodes := runs.Cluster.NodeNames()
		Expect(pods[nodes[0]]).To(BeNumerically("~", pods[nodes[1]], 1))
	}, SpecTimeout(2*patience))

	It("spreads tasks of which a node may have one over both, and has more of them wait", func(ctx SpecContext) {
		placeBy(ctx, "--container-placement-strategy=limit-active-tasks", "--max-active-tasks-per-worker=1")
		wait := newGate()

		plan := ""
		for _, name := range []string{"one", "two", "three"} {
			plan += "    - task: " + name + strings.ReplaceAll(strings.ReplaceAll(aTask, "SCRIPT", wait.wait()), "\n    ", "\n      ")
		}
		p := setPipeline(ctx, "jobs:\n- name: main\n  plan:\n  - in_parallel:\n"+plan)
		build := p.trigger(ctx)
		taskNodes := func() []string {
			var nodes []string
			for _, pod := range p.pods() {
				if pod.Type == "task" {
					nodes = append(nodes, pod.Pod.Spec.NodeName)
				}
			}
			return nodes
		}
		Eventually(build.Out, patience).Should(gbytes.Say("no suitable workers found, waiting"))
		Eventually(taskNodes).Should(ConsistOf(runs.Cluster.NodeNames()))

		wait.open.Store(true)
		Eventually(build, patience).Should(gexec.Exit(0))
		Expect(taskNodes()).To(HaveLen(3))
	}, SpecTimeout(2*patience))
})

// buildContainers are the handles of the containers of builds.
func buildContainers(ctx context.Context) ([]string, error) {
	listed, err := fly.Run(ctx, "containers", "--json")
	if err != nil {
		return nil, err
	}
	var containers []struct {
		ID      string `json:"id"`
		Type    string `json:"type"`
		BuildID int    `json:"build_id"`
	}
	if err := json.Unmarshal([]byte(listed), &containers); err != nil {
		return nil, err
	}
	var found []string
	for _, container := range containers {
		if container.BuildID != 0 {
			found = append(found, container.ID)
		}
	}
	return found, nil
}
