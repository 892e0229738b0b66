package kubernetes_test

import (
	"path/filepath"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

var _ = Describe("a pod that is made again, as the node refused the first", func() {
	const pinned = "docker:///registry.example.com/team/private@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

	var (
		w       *world
		node    *fakeNode
		created <-chan error
	)

	BeforeEach(func() {
		w = newWorld()
		node = newFakeNode(w, 10)
		node.lackCPU(handle, true)
		node.slowDown(handle)
		created = w.createInBackground(from(task(), pinned))
		Eventually(node.refused(handle)).Should(BeNumerically(">=", 1))
	})

	admit := func() {
		node.lackCPU(handle, false)
		Eventually(node.has(handle)).Should(BeTrue())
	}

	runDir := func(name string) string { return filepath.Join(w.config.StateDir, handle, "run", name) }

	// last is the pod that was taken.
	last := func() *corev1.Pod {
		all := node.created(handle)
		return all[len(all)-1]
	}

	Describe("is pulled as is right now", func() {
		It("from what the node has, if the repository is nobody's", func() {
			admit()
			Expect(last().Spec.Containers[0].ImagePullPolicy).To(Equal(corev1.PullIfNotPresent))
		})

		It("with the registry being asked, if another team's login was used for the repository meanwhile", func() {
			Expect(node.created(handle)[0].Spec.Containers[0].ImagePullPolicy).To(Equal(corev1.PullIfNotPresent))
			withLogin := from(named(privateTask(), "with-login"), pinned)
			withLogin.Image.URI = pinned
			w.create(withLogin)

			admit()
			Expect(last().Spec.Containers[0].ImagePullPolicy).To(Equal(corev1.PullAlways))
		})
	})

	It("has a run directory of its own", func() {
		admit()
		var dirs []string
		for _, pod := range node.created(handle) {
			dirs = append(dirs, runDirOf(pod))
			Expect(runDirOf(pod)).To(BeADirectory())
		}
		Expect(dirs[:2]).To(Equal([]string{runDir("1"), runDir("2")}))
		Expect(dirs[:len(dirs)-1]).NotTo(ContainElement(runDirOf(last())))
	})

	It("is not taken for started when the refused one starts late", func() {
		admit()
		node.initIn(runDir("1")).answer()
		Consistently(created, "200ms").ShouldNot(Receive())

		node.initOf(handle).answer()
		Eventually(created).Should(Receive(BeNil()))
		process, err := w.lookup().Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(node.initOf(handle).startedIDs()).To(HaveExactElements(process.ID()))
		Expect(node.initIn(runDir("1")).startedIDs()).To(BeEmpty())
	})

	It("is not taken for started when the refused one answers on its socket", func() {
		admit()
		w.uids.claim(runDirOf(last()), string(node.created(handle)[0].UID))
		node.initOf(handle).answer()
		Consistently(created, "200ms").ShouldNot(Receive())

		w.uids.claim(runDirOf(last()), string(last().UID))
		Eventually(created).Should(Receive(BeNil()))
	})

	It("is not taken for started by an init that does not say where it is", func() {
		admit()
		w.uids.claim(runDirOf(last()), "")
		node.initOf(handle).answer()
		Consistently(created, "200ms").ShouldNot(Receive())
	})

	It("is that which a restarted worker asks", func() {
		admit()
		node.initOf(handle).answer()
		Eventually(created).Should(Receive(BeNil()))
		w.start()
		_, err := w.lookup().Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(node.initOf(handle).startedIDs()).To(HaveLen(1))
	})

	It("is the same but for its run directory and its pull policy, if a restarted worker makes it", func() {
		w.ignoreDeletions()
		Eventually(w.pods).Should(HaveLen(1))
		Expect(w.backend.Stop()).To(Succeed())
		Eventually(created).Should(Receive(HaveOccurred()))
		w.keepsPods.Store(false)
		before := node.created(handle)
		w.start()
		Eventually(node.refused(handle)).Should(BeNumerically(">", len(before)))
		withLogin := from(named(privateTask(), "with-login"), pinned)
		withLogin.Image.URI = pinned
		w.create(withLogin)
		admit()

		for _, earlier := range before {
			Expect(runDirOf(last())).NotTo(Equal(runDirOf(earlier)))
		}
		made, refused := last().DeepCopy(), before[len(before)-1].DeepCopy()
		Expect(made.Spec.Containers[0].ImagePullPolicy).To(Equal(corev1.PullAlways))
		made.Spec.Containers[0].ImagePullPolicy = refused.Spec.Containers[0].ImagePullPolicy
		for i, volume := range made.Spec.Volumes {
			if volume.Name == "run" {
				made.Spec.Volumes[i].HostPath.Path = runDirOf(refused)
			}
		}
		Expect(made.Spec).To(Equal(refused.Spec))
		Expect(made.Labels).To(Equal(refused.Labels))
		Expect(made.Annotations).To(Equal(refused.Annotations))

		node.initOf(handle).answer()
		w.create(from(task(), pinned))
	})
})

// createInBackground returns what comes of it.
func (w *world) createInBackground(spec garden.ContainerSpec) <-chan error {
	created := make(chan error, 1)
	go func(backend *kubernetes.Backend) {
		_, err := backend.Create(spec)
		created <- err
	}(w.backend)
	return created
}

// from is a container that is made from another image.
func from(spec garden.ContainerSpec, image string) garden.ContainerSpec {
	spec.RootFSPath = image
	return spec
}
