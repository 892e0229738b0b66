package testflight_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/concourse/concourse/atc"
	client "github.com/concourse/concourse/go-concourse/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("builds that are aborted while they start", func() {
	It("leave no pod and no container, at whatever moment that is", func(ctx SpecContext) {
		const builds = 30
		p := setPipeline(ctx, mainJob(inParallel(copies(2, func(name string) string { return taskOn1(name, "", "sleep 1000000") }))))
		for range builds {
			build, err := api.Team(mainTeam).CreateJobBuild(p.ref(), "main")
			Expect(err).NotTo(HaveOccurred())
			select { // what a start waits for is what this spec must not wait for
			case <-time.After(rand.N(2 * time.Second)):
			case <-ctx.Done():
			}
			Expect(api.AbortBuild(strconv.Itoa(build.ID))).To(Succeed())
		}

		Eventually(func(g Gomega) {
			list, _, _, err := api.Team(mainTeam).JobBuilds(p.ref(), "main", client.Page{Limit: builds + 1})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(list).To(And(HaveLen(builds), HaveEach(HaveField("Status", atc.StatusAborted))))
		}).WithTimeout(patience).Should(Succeed())

		Eventually(ctx, p.podsThere).WithArguments("task").WithTimeout(patience).Should(BeEmpty())
		Eventually(func() ([]atc.Container, error) {
			containers, err := api.Team(mainTeam).ListContainers(map[string]string{"pipeline_name": p.name})
			return slices.DeleteFunc(containers, func(c atc.Container) bool { return c.Type != "task" }), err
		}).WithTimeout(patience).Should(BeEmpty())
	}, SpecTimeout(3*patience))
})
