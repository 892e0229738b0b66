package testflight_test

import (
	"fmt"
	"strings"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a node that takes fewer pods than resources are checked on it", Serial, func() {
	const resources, rounds = fewPods + 8, 3

	BeforeEach(takeFewPods, NodeTimeout(patience))

	It("checks all of them again and again", func(ctx SpecContext) {
		var config strings.Builder
		config.WriteString("resources:\n")
		for i := range resources {
			fmt.Fprintf(&config, "- {name: thing-%d, type: mock, tags: [second-node], check_every: 10s, source: {initial_version: %s}}\n", i, newName())
		}
		// A resource of no job is not checked.
		config.WriteString("jobs: [{name: main, plan: [{in_parallel: [")
		for i := range resources {
			fmt.Fprintf(&config, "{get: thing-%d, tags: [second-node]}, ", i)
		}
		config.WriteString("]}]}]\n")
		p := setPipeline(ctx, config.String())

		seen := checksSeen{}
		Eventually(func(g Gomega) {
			g.Expect(seen.look(p)).To(Succeed())
			if failed := seen.failed(); len(failed) > 0 {
				StopTrying("checks failed: " + strings.Join(failed, ", ")).Now()
			}
			g.Expect(seen.counts()).To(And(HaveLen(resources), HaveEach(BeNumerically(">=", rounds))))
		}).WithTimeout(2 * patience).Should(Succeed())
	}, SpecTimeout(3*patience))
})

// checksSeen are the check builds that ended, by resource and by when they ended.
type checksSeen map[string]map[int64]atc.BuildStatus

// look adds those that ended last.
func (s checksSeen) look(p pipeline) error {
	resources, err := api.Team(mainTeam).ListResources(p.ref())
	if err != nil {
		return err
	}
	for _, resource := range resources {
		last := resource.Build
		if last == nil || last.EndTime == 0 {
			continue
		}
		if s[resource.Name] == nil {
			s[resource.Name] = map[int64]atc.BuildStatus{}
		}
		s[resource.Name][last.EndTime] = last.Status
	}
	return nil
}

// counts tells how many there are of each resource.
func (s checksSeen) counts() map[string]int {
	all := map[string]int{}
	for resource, builds := range s {
		all[resource] = len(builds)
	}
	return all
}

// failed names the checks that did not succeed.
func (s checksSeen) failed() []string {
	var all []string
	for name, builds := range s {
		for _, status := range builds {
			if status != atc.StatusSucceeded {
				all = append(all, name+" "+string(status))
			}
		}
	}
	return all
}
