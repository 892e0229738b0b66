package pod_test

import (
	"os"
	"path/filepath"
	"regexp"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/property"
)

const (
	handle = "1a2b3c4d-0000-4000-8000-1234567890ab"
	runDir = "/var/lib/concourse/containers/" + handle + "/run/1"
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	image  = "registry.example.com/team/golang@" + digest
)

var _ = Describe("the pod of a container", func() {
	worker := pod.Worker{
		Name:       "worker-1",
		Namespace:  "ci",
		NodeName:   "node-1",
		InitBinary: "/var/lib/concourse/init/concourse-init",
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
				property.Team:     "main",
				property.Pipeline: "demo",
				property.Job:      "build",
				property.Build:    "7",
				property.Step:     "unit",
				property.Type:     "task",
				property.Attempt:  "1.2",
			},
		}
	}

	DescribeTable("is reviewed in a file",
		func(file string, change func(*pod.Worker, *garden.ContainerSpec)) {
			worker, container := worker, task()
			change(&worker, &container)

			image, err := pod.ImageReference(container)
			Expect(err).NotTo(HaveOccurred())
			built := pod.Build(worker, container, image, runDir)

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
		built := pod.Build(worker, container, image, runDir)

		merged, err := parsed.Apply(built)

		Expect(err).NotTo(HaveOccurred())
		expectGolden("with-template.yaml", merged)
	})

	It("reserves at least something for the smallest number of CPU shares", func() {
		container := task()
		container.Limits.CPU.Weight = 1

		built := pod.Build(worker, container, image, runDir)

		Expect(built.Spec.Containers[0].Resources.Requests.Cpu().MilliValue()).To(BeEquivalentTo(1))
	})

	It("mounts the last of two volumes at the same path", func() {
		container := task()
		container.BindMounts = []garden.BindMount{
			{SrcPath: "/volumes/output", DstPath: "/tmp/build/e55deab7/build/", Mode: garden.BindMountModeRW},
			{SrcPath: "/volumes/source", DstPath: "/tmp/build/e55deab7/source", Mode: garden.BindMountModeRO},
			{SrcPath: "/volumes/cache", DstPath: "/tmp/build/e55deab7/build", Mode: garden.BindMountModeRW},
		}

		built := pod.Build(worker, container, image, runDir)

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
			step := pod.Build(worker, task(), image, runDir).Spec.Containers[0]
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
		step := pod.Build(worker, task(), image, runDir).Spec.Containers[0]
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
		Expect(pod.Build(quiet, task(), image, runDir).Spec.Containers[0].Command).To(ContainElement("--pod-log=false"))
		Expect(pod.Build(worker, task(), image, runDir).Spec.Containers[0].Command).NotTo(ContainElement(HavePrefix("--pod-log")))
	})

	It("is selected and recognised as its worker's", func() {
		built := pod.Build(worker, task(), image, runDir)

		Expect(pod.Selector("worker-1")).To(Equal("app.kubernetes.io/managed-by=concourse,concourse-ci.org/worker=worker-1"))
		Expect(pod.BelongsTo(built, worker)).To(BeTrue())
		Expect(pod.BelongsTo(built, pod.Worker{Name: "worker-2", NodeName: "node-1"})).To(BeFalse())
		Expect(pod.BelongsTo(built, pod.Worker{Name: "worker-1", NodeName: "node-2"})).To(BeFalse())
		Expect(pod.Handle(built)).To(Equal(handle))
	})

	DescribeTable("names its image",
		func(container garden.ContainerSpec, reference string) {
			Expect(pod.ImageReference(container)).To(Equal(reference))
		},
		Entry("on Docker Hub", garden.ContainerSpec{RootFSPath: "docker:///busybox:1.36"}, "busybox:1.36"),
		Entry("by digest", garden.ContainerSpec{RootFSPath: "docker:///busybox@" + digest}, "busybox@"+digest),
		Entry("with the host in the path", garden.ContainerSpec{RootFSPath: "docker:///localhost:5000/a/b"}, "localhost:5000/a/b"),
		Entry("with the host of the URL", garden.ContainerSpec{RootFSPath: "docker://localhost:5000/a/b:c"}, "localhost:5000/a/b:c"),
		Entry("with the tag as fragment", garden.ContainerSpec{RootFSPath: "docker:///busybox#1.36"}, "busybox:1.36"),
		Entry("by the image rather than the root file system",
			garden.ContainerSpec{RootFSPath: "docker:///a", Image: garden.ImageRef{URI: "docker:///b"}}, "b"),
	)

	DescribeTable("knows an image that is a directory",
		func(container garden.ContainerSpec, directory string, is bool) {
			found, isDirectory := pod.RootDirectory(container)
			Expect(isDirectory).To(Equal(is))
			Expect(found).To(Equal(directory))
		},
		Entry("as the root file system", garden.ContainerSpec{RootFSPath: "raw:///volumes/live/x/volume/rootfs"}, "/volumes/live/x/volume/rootfs", true),
		Entry("as the image", garden.ContainerSpec{RootFSPath: "docker:///a", Image: garden.ImageRef{URI: "raw:///b"}}, "/b", true),
		Entry("with a name that a URL escapes", garden.ContainerSpec{RootFSPath: "raw:///a%20b"}, "/a b", true),
		Entry("and one that is not", garden.ContainerSpec{RootFSPath: "docker:///raw"}, "", false),
	)

	DescribeTable("refuses an image that is no reference",
		func(image, message string) {
			_, err := pod.ImageReference(garden.ContainerSpec{Handle: handle, RootFSPath: image})
			Expect(err).To(MatchError(And(ContainSubstring(handle), ContainSubstring(message))))
			Expect(err).NotTo(MatchError(ContainSubstring("s3cret")))
		},
		Entry("none", "", "no image is given"),
		Entry("a path", "/some/path", "takes docker:///REPOSITORY and raw://DIRECTORY only"),
		Entry("no repository", "docker:///", "names no repository"),
		Entry("a login in the URL", "docker://robot:s3cret@localhost/a@"+digest, "belongs into username and password"),
		Entry("a login in another URL", "https://robot:s3cret@localhost/a", "takes docker:///REPOSITORY and raw://DIRECTORY only"),
	)
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
