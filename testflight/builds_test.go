package testflight_test

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/concourse/concourse/atc"
	client "github.com/concourse/concourse/go-concourse/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

const mainTeam = "main"

func (p pipeline) ref() atc.PipelineRef { return atc.PipelineRef{Name: p.name} }

// builds returns the builds of the job main, the newest first.
func (p pipeline) builds() []atc.Build {
	GinkgoHelper()
	builds, _, _, err := api.Team(mainTeam).JobBuilds(p.ref(), "main", client.Page{Limit: 10})
	Expect(err).NotTo(HaveOccurred())
	return builds
}

func (p pipeline) lastBuild() atc.Build {
	GinkgoHelper()
	builds := p.builds()
	Expect(builds).NotTo(BeEmpty())
	return builds[0]
}

// rerun runs a build of the job main again, to its end, for the first time.
func (p pipeline) rerun(ctx SpecContext, build string) atc.Build {
	GinkgoHelper()
	session, err := gexec.Start(fly.Command(ctx, "rerun-build", "-w", "-j", p.name+"/main", "-b", build), GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	Eventually(session, patience).Should(gexec.Exit(0))

	rerun := slices.IndexFunc(p.builds(), func(found atc.Build) bool { return found.Name == build+".1" })
	Expect(rerun).NotTo(Equal(-1))
	return p.builds()[rerun]
}

// buildEvent is an event of a build as the API sends it. The types of upstream's
// client take some for older ones, which belonged to no plan.
type buildEvent struct {
	Event string
	Data  struct {
		Origin struct{ ID string }
		// Version is what a get fetched, Payload a piece of its log.
		Version atc.Version
		Payload string
		// Plan is that of an image that a step is about to check or to get.
		Plan json.RawMessage
	}
}

// eventsOf returns the events of a build that has ended.
func eventsOf(build atc.Build) []buildEvent {
	GinkgoHelper()
	stream, err := api.BuildEvents(strconv.Itoa(build.ID))
	Expect(err).NotTo(HaveOccurred())
	defer stream.Close()

	var all []buildEvent
	for {
		raw, err := stream.NextEventRaw()
		if errors.Is(err, io.EOF) || raw.Name == "end" {
			return all
		}
		Expect(err).NotTo(HaveOccurred())
		var next buildEvent
		Expect(json.Unmarshal(raw.Data, &next)).To(Succeed())
		all = append(all, next)
	}
}

// shown is what a build's events tell of one of its plans.
type shown struct {
	// Events are their names in order, those of logs left out.
	Events  []string
	Version atc.Version
	Log     string
}

// imagesShown returns what a build's events tell of its plans that check
// images ("image-check") or get them ("image-get"), in the order of their first
// events.
func imagesShown(build atc.Build, suffix string) []shown {
	GinkgoHelper()
	var order []string
	plans := map[string]*shown{}
	for _, next := range eventsOf(build) {
		id := next.Data.Origin.ID
		if !strings.HasSuffix(id, "/"+suffix) {
			continue
		}
		if plans[id] == nil {
			order, plans[id] = append(order, id), &shown{}
		}
		plan := plans[id]
		switch next.Event {
		case "log":
			plan.Log += next.Data.Payload
			continue
		case "finish-get":
			plan.Version = next.Data.Version
		}
		plan.Events = append(plan.Events, next.Event)
	}

	var all []shown
	for _, id := range order {
		all = append(all, *plans[id])
	}
	return all
}

func logOf(build atc.Build) string {
	GinkgoHelper()
	var log strings.Builder
	for _, next := range eventsOf(build) {
		log.WriteString(next.Data.Payload)
	}
	return log.String()
}
