package soak_test

import (
	"fmt"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/soak"
)

var _ = Describe("A plan", func() {
	count := func(plan soak.Plan) map[string]int {
		found := map[string]int{}
		for _, build := range plan.Builds {
			found[build.Kind.Name]++
		}
		return found
	}

	It("is the same for the same seed, and another for another", func() {
		Expect(soak.NewPlan(7, 500)).To(Equal(soak.NewPlan(7, 500)))
		Expect(soak.NewPlan(7, 500).Builds).NotTo(Equal(soak.NewPlan(8, 500).Builds))
		Expect(soak.NewPlan(7, 500).Restarts).NotTo(Equal(soak.NewPlan(8, 500).Restarts))
	})

	It("has of each kind what its share says", func() {
		shares := 0
		hundred, more := count(soak.NewPlan(1, 100)), count(soak.NewPlan(1, 500))
		for _, kind := range soak.Mix {
			shares += kind.Share
			Expect(hundred).To(HaveKeyWithValue(kind.Name, kind.Share))
			Expect(more).To(HaveKeyWithValue(kind.Name, 5*kind.Share))
		}
		Expect(shares).To(Equal(100))
	})

	It("has as many builds as are asked for, of each kind no more than one beside its share", func() {
		for builds := soak.MinBuilds; builds < 140; builds++ {
			plan := soak.NewPlan(1, builds)
			Expect(plan.Builds).To(HaveLen(builds))
			for _, kind := range soak.Mix {
				share := float64(builds*kind.Share) / 100
				Expect(count(plan)[kind.Name]).To(And(BeNumerically(">=", 1), BeNumerically("~", share, 1)),
					fmt.Sprint(kind.Name, " of ", builds))
			}
		}
	})

	It("aborts at different times within the start of a build, and lets some hijackers outlive their step", func() {
		times, outlive := map[string]bool{}, map[bool]bool{}
		for _, build := range soak.NewPlan(1, 500).Builds {
			switch build.Kind.Meddling {
			case soak.AbortAnyTime:
				Expect(build.AbortAfter).To(BeNumerically("<", 5*time.Second), "%v", build)
				times[build.AbortAfter.String()] = true
			case soak.Hijack:
				outlive[build.Outlives] = true
			default:
				Expect(build).To(Equal(soak.Build{Kind: build.Kind}))
			}
		}
		Expect(len(times)).To(BeNumerically(">", 10))
		Expect(outlive).To(HaveLen(2))
	})

	DescribeTable("restarts web and worker in both ways, and nothing in the last stretch",
		func(builds, stretch, restarts int) {
			for seed := range uint64(50) {
				plan := soak.NewPlan(seed, builds)
				Expect(plan.Stretch).To(Equal(stretch))
				Expect(plan.Restarts).To(HaveLen(restarts))
				previous := 0
				for _, restart := range plan.Restarts {
					Expect(restart.After).To(And(BeNumerically(">", previous), BeNumerically("<=", builds-stretch)))
					previous = restart.After
				}
				Expect(plan.Restarts).To(ContainElements(
					And(HaveField("Daemon", concourse.WebDaemon), HaveField("Signal", unix.SIGKILL)),
					And(HaveField("Daemon", concourse.WebDaemon), HaveField("Signal", unix.SIGTERM)),
					And(HaveField("Daemon", concourse.WorkerDaemon), HaveField("Signal", unix.SIGKILL)),
					And(HaveField("Daemon", concourse.WorkerDaemon), HaveField("Signal", unix.SIGTERM)),
				))
			}
		},
		Entry("of few builds", soak.MinBuilds, 16, 4),
		Entry("of many", 500, 200, 25),
	)
})

var _ = Describe("The pipeline", func() {
	It("has a job or a resource for each kind", func() {
		file, err := os.ReadFile("pipeline.yml")
		Expect(err).NotTo(HaveOccurred())
		var pipeline struct{ Jobs, Resources []struct{ Name string } }
		Expect(yaml.Unmarshal(file, &pipeline)).To(Succeed())
		for _, kind := range soak.Mix {
			in := pipeline.Jobs
			if kind.Meddling == soak.Check {
				in = pipeline.Resources
			}
			Expect(in).To(ContainElement(HaveField("Name", kind.Name)))
		}
	})
})
