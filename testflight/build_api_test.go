package testflight_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("a build whose images the kubelet pulled", func() {
	It("shows in the API and in fly as any other", func(ctx SpecContext) {
		p, version := setDemo(ctx)
		p.run(ctx, 0)
		build := p.lastBuild()

		By("having a plan with the check and the get of the type's image")
		plan, found, err := api.BuildPlan(build.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(BeTrue())
		Expect(json.Marshal(plan)).To(And(ContainSubstring(`"image_check_plan":`), ContainSubstring(`"image_get_plan":`)))

		By("having events with the plans of the task's image")
		Expect(eventsOf(build)).To(ContainElements(
			And(HaveField("Event", "image-check"), HaveField("Data.Plan", ContainSubstring("/image-check"))),
			And(HaveField("Event", "image-get"), HaveField("Data.Plan", ContainSubstring("/image-get"))),
		))

		By("having ended whatever began")
		Expect(plansWith(build, isBeginning)).To(And(Not(BeEmpty()), ConsistOf(plansWith(build, isEnd))))

		By("having nothing left to prepare")
		Expect(get("/api/v1/builds/" + strconv.Itoa(build.ID) + "/preparation")).To(ContainSubstring(`"inputs_satisfied":"not_blocking"`))

		By("listing the type, and causality of nothing but its resources")
		types, _, err := api.Team(mainTeam).ResourceTypes(p.ref())
		Expect(err).NotTo(HaveOccurred())
		Expect(types).To(HaveExactElements(And(HaveField("Name", "custom"), HaveField("Type", "registry-image"))))
		resources, _, err := api.BuildResources(build.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(resources.Inputs).To(HaveExactElements(HaveField("Name", "numbers")))
		Expect(resources.Outputs).To(HaveExactElements(HaveField("Version", atc.Version{"version": version + "-and-more"})))

		By("ending fly watch with its status")
		watch, err := gexec.Start(fly.Command(ctx, "watch", "-b", strconv.Itoa(build.ID)), GinkgoWriter, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		Eventually(watch, patience).Should(gexec.Exit(0))
		Expect(fly.Run(ctx, "builds", "-p", p.name)).To(MatchRegexp(strconv.Itoa(build.ID) + `\s.*succeeded`))
	}, SpecTimeout(3*time.Minute))
})

func isBeginning(event string) bool { return strings.HasPrefix(event, "initialize") }
func isEnd(event string) bool       { return strings.HasPrefix(event, "finish") }

// plansWith returns the IDs of the plans that have such an event.
func plansWith(build atc.Build, matches func(event string) bool) []string {
	GinkgoHelper()
	var plans []string
	for _, next := range eventsOf(build) {
		if matches(next.Event) {
			plans = append(plans, next.Data.Origin.ID)
		}
	}
	return plans
}

// get asks the API for what its client has no method for.
func get(path string) string {
	GinkgoHelper()
	response, err := api.HTTPClient().Get(api.URL() + path)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	Expect(response).To(HaveHTTPStatus(http.StatusOK))
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return string(body)
}
