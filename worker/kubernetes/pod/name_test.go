package pod_test

import (
	"strings"
	"unicode/utf8"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

var _ = Describe("the name of a pod", func() {
	DescribeTable("says which step it is",
		func(properties garden.Properties, name string) {
			Expect(pod.Name(handle, properties)).To(Equal(name))
			Expect(validation.IsDNS1123Label(name)).To(BeEmpty())
		},
		Entry("of a task", garden.Properties{
			contract.Team: "main", contract.Pipeline: "demo", contract.Job: "build", contract.Build: "7",
			contract.Type: "task", contract.Step: "unit",
		}, "demo-build-7-task-unit-1a2b3c4d"),
		Entry("of a check", garden.Properties{contract.Pipeline: "demo", contract.Type: "check", contract.Step: "repo"},
			"demo-check-repo-1a2b3c4d"),
		Entry("with characters that names can't have", garden.Properties{
			contract.Pipeline: "Demo_Größe", contract.Step: "../unit tests!",
		}, "demo-gr-e-unit-tests-1a2b3c4d"),
		Entry("of nothing known", garden.Properties{}, "container-1a2b3c4d"),
		Entry("with names of nothing but strange characters", garden.Properties{contract.Step: "ステップ"}, "container-1a2b3c4d"),
	)

	It("and labels and annotations are of bounded size, whatever a pipeline calls things", func() {
		long := strings.Repeat("Ünit-", 1<<18)
		properties := garden.Properties{}
		for _, name := range []string{contract.Team, contract.Pipeline, contract.InstanceVars, contract.Job, contract.Build, contract.Step, contract.Type, contract.Attempt} {
			properties[name] = long
		}

		name := pod.Name(handle, properties)
		Expect(validation.IsDNS1123Label(name)).To(BeEmpty())
		Expect(name).To(HaveSuffix("-1a2b3c4d"))

		labels := pod.Labels("worker-1", handle, properties)
		Expect(labels).To(HaveLen(11))
		for _, value := range labels {
			Expect(validation.IsValidLabelValue(value)).To(BeEmpty())
		}

		annotations := pod.Annotations("worker-1", handle, properties)
		Expect(annotations).To(HaveLen(10))
		for key, value := range annotations {
			Expect(len(value)).To(BeNumerically("<=", 1024), key)
			Expect(utf8.ValidString(value)).To(BeTrue(), key)
		}
		Expect(annotations["concourse-ci.org/step"]).To(And(HavePrefix("Ünit-Ünit-"), HaveSuffix("…")))
	})

	It("shortens what is longest", func() {
		name := pod.Name(handle, garden.Properties{
			contract.Pipeline: strings.Repeat("pipeline-", 12),
			contract.Job:      strings.Repeat("job", 20),
			contract.Step:     "unit",
		})

		Expect(len(name)).To(BeNumerically("<=", 63))
		Expect(validation.IsDNS1123Label(name)).To(BeEmpty())
		Expect(name).To(And(HavePrefix("pipeline-"), ContainSubstring("-jobjob"), HaveSuffix("-unit-1a2b3c4d")))
	})

	It("differs for handles that are not UUIDs", func() {
		Expect(pod.Name("some-handle-1", nil)).NotTo(Equal(pod.Name("some-handle-2", nil)))
		Expect(validation.IsDNS1123Label(pod.Name("Some_Handle", nil))).To(BeEmpty())
	})
})

var _ = Describe("labels", func() {
	It("tell names apart that are not in ASCII, and show an instance of a pipeline", func() {
		labels := pod.Labels("worker-1", handle, garden.Properties{
			contract.Pipeline: "größe", contract.Job: "ステップ", contract.Step: "Unit tests",
			contract.InstanceVars: `branch:"feature/x",version:1`,
		})
		Expect(labels).To(And(
			HaveKeyWithValue("concourse-ci.org/pipeline", "xn--gre-6ka8i"),
			HaveKeyWithValue("concourse-ci.org/job", "xn--zckuai3e"),
			HaveKeyWithValue("concourse-ci.org/step", "Unit-tests"),
			HaveKeyWithValue("concourse-ci.org/instance-vars", "branch-feature-x-version-1"),
		))
	})

	It("are valid, with the full values as annotations", func() {
		properties := garden.Properties{
			contract.Team:     "-Team ü-",
			contract.Pipeline: strings.Repeat("x", 70),
			contract.Step:     "!",
		}

		labels := pod.Labels("worker/1", handle, properties)

		for _, value := range labels {
			Expect(validation.IsValidLabelValue(value)).To(BeEmpty())
		}
		Expect(labels).To(HaveKeyWithValue("concourse-ci.org/team", "xn---Team---s2a"))
		Expect(labels).To(HaveKeyWithValue("concourse-ci.org/worker", "worker-1"))
		Expect(labels).To(HaveKeyWithValue("concourse-ci.org/handle", handle))
		Expect(labels).NotTo(HaveKey("concourse-ci.org/step"))

		annotations := pod.Annotations("worker/1", handle, properties)
		Expect(annotations).To(HaveKeyWithValue("concourse-ci.org/team", "-Team ü-"))
		Expect(annotations).To(HaveKeyWithValue("concourse-ci.org/pipeline", strings.Repeat("x", 70)))
		Expect(annotations).To(HaveKeyWithValue("concourse-ci.org/worker", "worker/1"))
	})
})
