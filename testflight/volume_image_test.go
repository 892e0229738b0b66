package testflight_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("an image that is a volume", func() {
	fromVolume := ContainSubstring("/volume@sha256:")

	It("runs a task on an image that an earlier step got, with its environment and user", func(ctx SpecContext) {
		p := setPipeline(ctx, `
resources:
- name: image
  type: registry-image
  source: {repository: ((registry))/busybox}
- name: mirror
  type: mock
  source: {mirror_self: true, initial_version: one}
jobs:
- name: main
  plan:
  - get: image
  - get: mirror
  - task: on-busybox
    image: image
    config:
      platform: linux
      run: {path: sh, args: [-ec, 'test -x /bin/busybox; echo on busybox as $(id -un)']}
  - task: on-mirror
    image: mirror
    config:
      platform: linux
      run: {path: sh, args: [-ec, 'echo mirrored $MIRRORED_VERSION as $(id -un)']}
`)
		log := p.run(ctx, 0)
		Expect(log).To(gbytes.Say("on busybox as root"))
		Expect(log).To(gbytes.Say("mirrored one as root"))
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Step", "on-busybox"), HaveField("Image", fromVolume)),
			And(HaveField("Step", "on-mirror"), HaveField("Image", fromVolume)),
		))
	}, SpecTimeout(3*time.Minute))

	It("serves types and tasks whose image is a resource of another type, one image for all containers of a volume", func(ctx SpecContext) {
		p := setPipeline(ctx, `
resource_types:
- name: mirrored
  type: mock
  source: {mirror_self: true, initial_version: ((version))}
resources:
- name: thing
  type: mirrored
  source: {create_files: {greeting: "hello from the mirrored type\n"}}
jobs:
- name: main
  plan:
  - get: thing
  - put: thing
    params: {version: two}
  - task: one
    config:
      platform: linux
      image_resource: {type: mock, source: {mirror_self: true, initial_version: three}}
      inputs: [{name: thing}]
      run: {path: sh, args: [-ec, 'echo on $MIRRORED_VERSION']}
`, "version="+newName())
		Expect(p.run(ctx, 0)).To(gbytes.Say("on three"))

		images := map[string]string{}
		for _, pod := range p.pods() {
			if pod.Step == "thing" {
				Expect(pod.Image).To(fromVolume)
				images[pod.Image] = pod.Type
			}
		}
		Expect(images).To(HaveLen(1), "get and put of one type's version have one image")
	}, SpecTimeout(3*time.Minute))

	It("has the files that the volume has", func(ctx SpecContext) {
		p := setPipeline(ctx, strings.ReplaceAll(`
jobs:
- name: main
  plan:
  - task: make
    privileged: true
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: made}]
      run:
        path: sh
        args:
        - -ec
        - |
          root=$PWD/made/rootfs
          echo '{"env": ["FROM=metadata"], "user": "nobody"}' > made/metadata.json
          mkdir -p $root/awkward/empty $root/tmp $root/proc $root/dev $root/sys
          cp -a /bin /etc $root/
          [ ! -e /usr ] || cp -a /usr $root/
          [ ! -e /lib ] || cp -a /lib* $root/
          cd $root/awkward
          echo once > file
          ln file hard-link
          ln -s /no/such/target dangling
          ln -s file relative
          cp /bin/busybox setuid
          chmod 4755 setuid
          ln setuid hard-link-of-setuid
          chmod 1777 empty
          mkfifo -m 620 fifo
          mknod -m 640 device c 1 3
          dd if=/dev/zero of=sparse bs=1 count=1 seek=20000000
          echo long > $(printf %0200d 7)
          printf odd > "$(printf 'a\377b')"
          chown 1234:65533 file fifo
          touch -h -d '2001-02-03 04:05:06' * .
          echo now > newer-by-nanoseconds
          LISTING
  - task: use
    image: made
    config:
      platform: linux
      run:
        path: sh
        args:
        - -ec
        - |
          echo $FROM $(id -un)
          cd /awkward
          LISTING
  - task: privileged
    image: made
    privileged: true
    config:
      platform: linux
      run: {path: "true"}
`, "LISTING", `echo begin $((40+2))
          stat -c '%N %F %a %u:%g %h %t,%T %s %y' * | sed "s/'//g"
          sha256sum file sparse setuid 0* a*
          echo end $((40+2))`))
		log := string(p.run(ctx, 0).Contents())

		listings := between(log, "begin 42", "end 42")
		Expect(listings).To(HaveLen(2))
		Expect(listings[0]).To(ContainSubstring("hard-link-of-setuid regular file 4755 0:0 2"))
		Expect(listings[1]).To(Equal(listings[0]))
		Expect(log).To(ContainSubstring("metadata nobody"))
		Expect(p.pods()).To(ContainElement(And(
			HaveField("Step", "privileged"),
			HaveField("Image", fromVolume),
			HaveField("Pod.Spec.Containers", ConsistOf(HaveField("SecurityContext.Privileged", HaveValue(BeTrue())))),
		)))
	}, SpecTimeout(3*time.Minute))

	It("has what a task made of it that had it as an input and as an output", func(ctx SpecContext) {
		p := setPipeline(ctx, `
resources:
- name: image
  type: mock
  source:
    mirror_self: true
    initial_version: one
    create_files:
      rootfs/changed/stays: stays
      rootfs/changed/goes: goes
      rootfs/changed/directory-goes/file: goes
      rootfs/changed/renamed: renamed
      rootfs/changed/directory-renamed/file: renamed
      rootfs/changed/replaced: original
      rootfs/changed/directory-replaced/original: original
      rootfs/changed/becomes-directory: original
      rootfs/changed/becomes-file/original: original
jobs:
- name: main
  plan:
  - get: image
  - task: change
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: image}]
      outputs: [{name: image}]
      run:
        path: sh
        dir: image/rootfs/changed
        args:
        - -ec
        - |
          rm -r goes directory-goes
          mv renamed new-name
          mv directory-renamed directory-new-name
          rm -r replaced directory-replaced becomes-directory becomes-file
          mkdir directory-replaced becomes-directory
          for file in replaced directory-replaced/file becomes-directory/file becomes-file added; do
            echo $((40+2)) > $file
          done
  - task: use
    image: image
    config:
      platform: linux
      run:
        path: sh
        dir: /changed
        args:
        - -ec
        - |
          echo begin $((40+2)) $MIRRORED_VERSION
          grep -r . . | sort
          find . -type d -empty
          echo end $((40+2))
`)
		listings := between(string(p.run(ctx, 0).Contents()), "begin 42 one", "end 42")
		Expect(listings).To(HaveLen(1))
		Expect(strings.Fields(listings[0])).To(HaveExactElements(
			"./added:42",
			"./becomes-directory/file:42",
			"./becomes-file:42",
			"./directory-new-name/file:renamed",
			"./directory-replaced/file:42",
			"./new-name:renamed",
			"./replaced:42",
			"./stays:stays",
		))
		Expect(p.pods()).To(ContainElement(And(HaveField("Step", "use"), HaveField("Image", fromVolume))))
	}, SpecTimeout(3*time.Minute))
})

// between returns what stands between begin and end, as often as both occur.
func between(text, begin, end string) []string {
	var found []string
	for {
		_, rest, ok := strings.Cut(text, begin)
		if !ok {
			return found
		}
		part, rest, _ := strings.Cut(rest, end)
		found, text = append(found, part), rest
	}
}
