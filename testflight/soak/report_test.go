package soak_test

import (
	"time"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/leftover"
	"github.com/concourse/concourse-kubernetes/testflight/soak"
)

var _ = Describe("A report", func() {
	var report soak.Report

	BeforeEach(func() {
		report = soak.Report{Plan: soak.NewPlan(5, 400), Left: leftover.Traces{"pods": nil}, BuildsTook: 10 * time.Minute}
		for _, build := range report.Plan.Builds {
			report.Outcomes = append(report.Outcomes, soak.Outcome{Kind: build.Kind, Name: build.Kind.Name, Status: build.Kind.Expects})
		}
		for after := range 160 {
			report.Samples = append(report.Samples,
				soak.Sample{Daemon: concourse.WebDaemon, After: after, Heap: 20 << 20, Goroutines: 250, Descriptors: 60},
				soak.Sample{Daemon: concourse.WorkerDaemon, After: after, Heap: 8 << 20, Goroutines: 150, Descriptors: 40})
		}
	})
	outcomeOf := func(kind string) *soak.Outcome {
		for i := range report.Outcomes {
			if report.Outcomes[i].Kind.Name == kind {
				return &report.Outcomes[i]
			}
		}
		Fail("no build of kind " + kind)
		return nil
	}

	It("finds no fault with builds that end as expected, leave nothing and need no more and more memory", func() {
		Expect(report.Faults()).To(BeEmpty())
		printed := gbytes.NewBuffer()
		report.Print(printed)
		Expect(printed).To(gbytes.Say(`task +36 +succeeded +36 +0 +0 +0 +0\n`))
		Expect(printed).To(gbytes.Say(`worker +heap +8.0 MB +8.0 MB +true\n`))
		Expect(printed).To(gbytes.Say(`pods +0\n`))
		Expect(printed).To(gbytes.Say(`400 builds in 600 s, 40.0 a minute`))
		Expect(printed).To(gbytes.Say(`seed 5: 0 faults\n`))
	})

	It("finds fault with a build that ends otherwise, restart or not", func() {
		*outcomeOf("failure") = soak.Outcome{Kind: outcomeOf("failure").Kind, Name: "it", Status: atc.StatusSucceeded, Disturbed: true}
		Expect(report.Faults()).To(HaveExactElements(
			"it: succeeded instead of failed: web or the worker was restarted meanwhile"))
	})

	It("lets a check err that a restart interrupted, which Concourse does not run again", func() {
		check := outcomeOf("check")
		check.Status = atc.StatusErrored
		Expect(report.Faults()).To(HaveLen(1))
		check.Disturbed = true
		Expect(report.Faults()).To(BeEmpty())
		check.Status = atc.StatusFailed
		Expect(report.Faults()).To(HaveLen(1))
	})

	It("finds fault with each trace that is left, and with builds that are missing", func() {
		report.Left = leftover.Traces{"pods": {"one"}, "mounts": {"/here"}}
		report.Outcomes = report.Outcomes[1:]
		Expect(report.Faults()).To(HaveExactElements("399 of 400 builds ended", "left: mounts: /here", "left: pods: one"))
	})

	DescribeTable("finds fault with what each build adds to",
		func(add func(*soak.Sample), fault string) {
			for i := range report.Samples {
				if report.Samples[i].Daemon == concourse.WorkerDaemon {
					for range report.Samples[i].After {
						add(&report.Samples[i])
					}
				}
			}
			Expect(report.Faults()).To(HaveExactElements(fault))
		},
		Entry("memory", func(s *soak.Sample) { s.Heap += 30 << 10 }, "the heap of worker grew from 9003008 to 12689408"),
		Entry("goroutines", func(s *soak.Sample) { s.Goroutines++ }, "the goroutines of worker grew from 170 to 290"),
		Entry("file descriptors", func(s *soak.Sample) { s.Descriptors++ }, "the file descriptors of worker grew from 60 to 180"),
	)

	It("does not take one high sample for growth", func() {
		report.Samples[len(report.Samples)-1].Heap *= 10
		Expect(report.Faults()).To(BeEmpty())
	})
})
