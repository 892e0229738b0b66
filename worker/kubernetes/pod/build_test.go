package pod_test

import (
	"os"
	"path/filepath"
	"regexp"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

const (
	handle = "1a2b3c4d-0000-4000-8000-1234567890ab"
	runDir = "/var/lib/concourse/containers/" + handle + "/run/1"
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

var golang = image.Image{Reference: "registry.example.com/team/golang@" + digest}

var _ = Describe("the pod of a container", func() {
	worker := pod.Worker{
		Name:       "worker-1",
		Namespace:  "ci",
		NodeName:   "node-1",
		InitBinary: "/var/lib/concourse/init/concourse-init",

		CPUReservedPerShare: resource.MustParse("20u"),
	}

	task := func() garden.ContainerSpec {
		return garden.ContainerSpec{
			Handle:     handle,
			RootFSPath: "docker:///registry.example.com/team/golang@" + digest,
			BindMounts: []garden.BindMount{
				{SrcPath: "/var/lib/concourse/volumes/live/scratch/volume", DstPath: "/scratch", Mode: garden.BindMountModeRW},
				{SrcPath: "/var/lib/concourse/volumes/live/source/volume", DstPath: "/tmp/build/e55deab7/source", Mode: garden.BindMountModeRW},
				{SrcPath: "/var/lib/concourse/volumes/live/certs/volume", DstPath: "/etc/ssl/certs", Mode: garden.BindMountModeRO},
			},
			Env: []string{"TOKEN=not-for-the-pod"},
			Properties: garden.Properties{
				"user":            "root",
				contract.Team:     "main",
				contract.Pipeline: "demo",
				contract.Job:      "build",
				contract.Build:    "7",
				contract.Step:     "unit",
				contract.Type:     "task",
				contract.Attempt:  "1.2",
			},
		}
	}

	DescribeTable("is reviewed in a file",
		func(file string, change func(*pod.Worker, *garden.ContainerSpec)) {
			worker, container := worker, task()
			change(&worker, &container)

			of, err := image.Of(container)
			Expect(err).NotTo(HaveOccurred())
			built := pod.Build(worker, container, of, runDir)

			expectGolden(file, built)
		},
		Entry("of a task", "task.yaml", func(*pod.Worker, *garden.ContainerSpec) {}),
		Entry("of a privileged task with limits", "privileged.yaml", func(_ *pod.Worker, container *garden.ContainerSpec) {
			container.Privileged = true
			container.Limits.Memory.LimitInBytes = 512 << 20
			//lint:ignore SA1019 it is what Concourse's web node sets.
			container.Limits.CPU.LimitInShares = 512
		}),
		Entry("of an image by tag, which moves", "tag.yaml", func(_ *pod.Worker, container *garden.ContainerSpec) {
			container.RootFSPath = "docker:///registry.example.com/team/golang:1"
		}),
		Entry("of an image with a login", "private-image.yaml", func(worker *pod.Worker, container *garden.ContainerSpec) {
			worker.ImagePullSecrets = []string{"mirror-login"}
			container.Image = garden.ImageRef{URI: container.RootFSPath, Username: "robot", Password: "not-for-the-pod"}
		}),
	)

	It("is reviewed in a file with the operator's template merged in", func() {
		content, err := os.ReadFile(filepath.Join("testdata", "template.yaml"))
		Expect(err).NotTo(HaveOccurred())
		parsed, err := template.Parse("template.yaml", content)
		Expect(err).NotTo(HaveOccurred())
		container := task()
		container.Limits.Memory.LimitInBytes = 512 << 20
		built := pod.Build(worker, container, golang, runDir)

		merged, err := parsed.Apply(built)

		Expect(err).NotTo(HaveOccurred())
		expectGolden("with-template.yaml", merged)
	})

	It("mounts the last of two volumes at the same path", func() {
		container := task()
		container.BindMounts = []garden.BindMount{
			{SrcPath: "/volumes/output", DstPath: "/tmp/build/e55deab7/build/", Mode: garden.BindMountModeRW},
			{SrcPath: "/volumes/source", DstPath: "/tmp/build/e55deab7/source", Mode: garden.BindMountModeRO},
			{SrcPath: "/volumes/cache", DstPath: "/tmp/build/e55deab7/build", Mode: garden.BindMountModeRW},
		}

		built := pod.Build(worker, container, golang, runDir)

		mounted := map[string]string{}
		for _, volume := range built.Spec.Volumes {
			for _, mount := range built.Spec.Containers[0].VolumeMounts {
				if mount.Name == volume.Name && volume.Name != "init" && volume.Name != "run" {
					mounted[mount.MountPath] = volume.HostPath.Path
				}
			}
		}
		Expect(mounted).To(Equal(map[string]string{
			"/tmp/build/e55deab7/build":  "/volumes/cache",
			"/tmp/build/e55deab7/source": "/volumes/source",
		}))
		Expect(built.Spec.Volumes).To(HaveLen(4), "a volume that nothing mounts is mounted on the node all the same")
	})

	It("has init where neither its image nor the pod before it can tell", func() {
		var directories []string
		for range 2 {
			step := pod.Build(worker, task(), golang, runDir).Spec.Containers[0]
			directory, program := filepath.Split(step.Command[0])
			Expect(program).To(Equal("concourse-init"))
			Expect(directory).To(MatchRegexp("^" + madeUp.String() + "/$"))
			Expect(step.VolumeMounts).To(ContainElement(And(
				HaveField("Name", "init"), HaveField("ReadOnly", true), HaveField("MountPath", filepath.Clean(directory)),
			)))
			directories = append(directories, directory)
		}
		Expect(directories[0]).NotTo(Equal(directories[1]))
	})

	It("tells init which pod it is in", func() {
		step := pod.Build(worker, task(), golang, runDir).Spec.Containers[0]
		Expect(step.Env).To(HaveExactElements(And(
			HaveField("Name", podinit.PodUIDVariable), HaveField("ValueFrom.FieldRef.FieldPath", "metadata.uid"),
		)))
		Expect(step.Command).To(ContainElements("--pod-uid", "$("+podinit.PodUIDVariable+")"))
		Expect(pod.OwnsVariable(podinit.PodUIDVariable)).To(BeTrue())
		Expect(pod.OwnsVariable("HTTPS_PROXY")).To(BeFalse())
	})

	DescribeTable("knows what would hide init, however it is spelled",
		func(mountPath string, hides bool) {
			Expect(pod.HidesInit(mountPath)).To(Equal(hides))
		},
		Entry(nil, "/.concourse", true),
		Entry(nil, "/.concourse/", true),
		Entry(nil, "/.concourse/bin/", true),
		Entry(nil, "//.concourse/./bin", true),
		Entry(nil, "/x/../.concourse", true),
		Entry(nil, "/tmp/build/e55deab7/../../../.concourse/run", true),
		Entry(nil, ".concourse/run", true),
		Entry(nil, "/", true),
		Entry(nil, "", true),
		Entry(nil, "/..", true),
		Entry(nil, "/.concourses", false),
		Entry(nil, "/tmp/.concourse", false),
		Entry(nil, "/tmp/build/e55deab7/input", false),
	)

	It("keeps what processes print out of the pod's log where the operator says so", func() {
		quiet := worker
		quiet.PodLogOff = true
		Expect(pod.Build(quiet, task(), golang, runDir).Spec.Containers[0].Command).To(ContainElement("--pod-log=false"))
		Expect(pod.Build(worker, task(), golang, runDir).Spec.Containers[0].Command).NotTo(ContainElement(HavePrefix("--pod-log")))
	})

	It("is selected and recognised as its worker's", func() {
		built := pod.Build(worker, task(), golang, runDir)

		Expect(pod.Selector("worker-1")).To(Equal("app.kubernetes.io/managed-by=concourse,concourse-ci.org/worker=worker-1"))
		Expect(pod.BelongsTo(built, worker)).To(BeTrue())
		Expect(pod.BelongsTo(built, pod.Worker{Name: "worker-2", NodeName: "node-1"})).To(BeFalse())
		Expect(pod.BelongsTo(built, pod.Worker{Name: "worker-1", NodeName: "node-2"})).To(BeFalse())
		Expect(pod.Handle(built)).To(Equal(handle))
	})
})

// madeUp is init's directory, which no two pods have in common.
var madeUp = regexp.MustCompile(`/\.concourse/bin-[a-z2-7]{26}`)

// expectGolden compares a pod with a file in testdata, which it writes if
// UPDATE_GOLDEN_FILES is set.
func expectGolden(file string, built *corev1.Pod) {
	GinkgoHelper()
	content, err := yaml.Marshal(built)
	Expect(err).NotTo(HaveOccurred())
	content = madeUp.ReplaceAll(content, []byte("/.concourse/bin-madeup"))
	golden := filepath.Join("testdata", file)
	if os.Getenv("UPDATE_GOLDEN_FILES") != "" {
		Expect(os.WriteFile(golden, content, 0o644)).To(Succeed())
	}
	Expect(os.ReadFile(golden)).To(MatchYAML(content))
	Expect(string(content)).NotTo(ContainSubstring("TOKEN"), "the environment may hold secrets")
}
