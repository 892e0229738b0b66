package volumeimage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the making of an image", func() {
	var w *worker

	BeforeEach(func() { w = newWorker() })

	// sparse makes a volume that takes as long to read as its size says.
	sparse := func(size int64) string {
		GinkgoHelper()
		rootfs := w.fill("image", map[string]string{"large": ""})
		if err := os.Truncate(filepath.Join(rootfs, "large"), size); err != nil {
			Skip("the file system of the temporary folder takes no file as large: " + err.Error())
		}
		return rootfs
	}
	const endless, aWhile = 1 << 43, 1 << 29

	// ask asks for an image beside the spec.
	ask := func(ctx context.Context, rootfs string) <-chan error {
		result := make(chan error, 1)
		go func() {
			_, err := w.images.Reference(ctx, rootfs)
			result <- err
		}()
		return result
	}
	givenUp := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(errors.New("took too long"))
		return ctx
	}

	It("goes on for who comes again", func(ctx SpecContext) {
		rootfs := w.fill("image", map[string]string{"file": "content"})
		_, err := w.images.Reference(givenUp(ctx), rootfs)
		if err != nil {
			Expect(err).To(MatchError(ContainSubstring("took too long")))
		}
		Eventually(func() int { return w.logged("made-image") }).Should(Equal(1))
		w.reference(rootfs)
		Expect(w.logged("made-image")).To(Equal(1))
	})

	It("goes on as long as anyone waits", func(ctx SpecContext) {
		w.images.SetGrace(0)
		rootfs := sparse(aWhile)
		stays := ask(ctx, rootfs)
		Eventually(w.images.Waiting).Should(Equal(1))

		_, err := w.images.Reference(givenUp(ctx), rootfs)
		Expect(err).To(MatchError(ContainSubstring("took too long")))
		Eventually(stays).WithTimeout(time.Minute).Should(Receive(BeNil()))
		Expect(w.logged("made-image")).To(Equal(1))
	})

	It("ends some time after all have gone, and starts again for who comes then", func(ctx SpecContext) {
		w.images.SetGrace(0)
		rootfs := sparse(endless)
		_, err := w.images.Reference(givenUp(ctx), rootfs)
		Expect(err).To(MatchError(ContainSubstring("not read to its end yet: took too long")))

		Eventually(errorsOfMaking).WithArguments(w).Should(ConsistOf(ContainSubstring("nobody waits for it any more")))
		sparse(0)
		w.reference(rootfs)
	})

	It("ends when the volume is removed, which it would keep busy", func(ctx SpecContext) {
		asked := ask(ctx, sparse(endless))
		Eventually(w.images.Waiting).Should(Equal(1))
		w.remove("image")
		Eventually(asked).Should(Receive(MatchError(And(ContainSubstring("volume image"), ContainSubstring("removed while it was read")))))
	})
})

// errorsOfMaking are the reasons for which images were not made.
func errorsOfMaking(w *worker) []string {
	var found []string
	for _, entry := range w.log.Logs() {
		if entry.Message == "worker.made-no-image" {
			found = append(found, entry.Data["error"].(string))
		}
	}
	return found
}
