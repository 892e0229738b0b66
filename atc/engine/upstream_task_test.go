package engine

import (
	"errors"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
)

var _ = DescribeTableSubtree("upstream's task delegate beneath ours, for an image", func(set func(*fixture)) {
	var (
		o     *overUpstream
		image atc.ImageResource
		types atc.ResourceTypes
	)

	BeforeEach(func() {
		o = newOverUpstream()
		set(o.fixture)
		image = atc.ImageResource{
			Type: o.get.Get.Type, Source: atc.Source{"repository": "((repository))"}, Params: atc.Params{"format": "((format))"}, Tags: atc.Tags{"of-the-image"},
		}
		types = atc.ResourceTypes{{Name: "some-type", Type: "registry-image", Source: atc.Source{"repository": "ghcr.io/type"}}}
	})

	It("runs the plans of the image, whose vars are left to the steps, and returns the volume", func(ctx SpecContext) {
		o.privileged = true
		fetched, err := o.fetchTaskImage(ctx, image, types, atc.Tags{"of-the-step"})
		Expect(err).NotTo(HaveOccurred())
		Expect(fetched).To(Equal(runtime.ImageSpec{ImageArtifact: o.volume, Privileged: true}))

		Expect(o.plans).To(HaveExactElements(
			And(HaveField("ID", atc.PlanID("1/image-check")), HaveField("Check", PointTo(And(
				HaveField("Name", "image"), HaveField("Type", o.get.Get.Type), HaveField("Source", image.Source), HaveField("Tags", image.Tags),
			)))),
			And(HaveField("ID", atc.PlanID("1/image-get")), HaveField("Get", PointTo(And(
				HaveField("Name", "image"), HaveField("Type", o.get.Get.Type), HaveField("Source", image.Source), HaveField("Params", image.Params),
				HaveField("Tags", image.Tags), HaveField("VersionFrom", PointTo(Equal(atc.PlanID("1/image-check")))),
			)))),
		))
	})

	It("shows the image's check and get, once", func(ctx SpecContext) {
		_, err := o.fetchTaskImage(ctx, image, types, nil)
		Expect(err).NotTo(HaveOccurred())
		origin := event.Origin{ID: "1"}
		Expect(o.events()).To(Equal([]atc.Event{
			event.ImageCheck{Origin: origin, Time: 2000, PublicPlan: o.plans[0].Public()},
			event.ImageGet{Origin: origin, Time: 2000, PublicPlan: o.plans[1].Public()},
		}))
	})

	It("shows only the get where the version is pinned", func(ctx SpecContext) {
		image.Version = atc.Version{"digest": digest}
		_, err := o.fetchTaskImage(ctx, image, types, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.plans).To(HaveLen(1))
		Expect(o.events()).To(Equal([]atc.Event{
			event.ImageGet{Origin: event.Origin{ID: "1"}, Time: 2000, PublicPlan: o.plans[0].Public()},
		}))
	})

	It("fails where that can't be shown", func(ctx SpecContext) {
		o.build.SaveEventReturns(errors.New("nope"))
		_, err := o.fetchTaskImage(ctx, image, types, nil)
		Expect(err).To(MatchError("nope"))
		Expect(o.plans).To(BeEmpty())
	})
}, physicalImages)
