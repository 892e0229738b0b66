package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/creds"
)

// registryImageType is the only type whose images a kubelet can pull.
const registryImageType = "registry-image"

// nativeImage is an image that can be left to a kubelet.
type nativeImage struct {
	*atc.GetPlan

	// source and params are the plan's with their vars interpolated.
	source atc.Source
	params atc.Params
	parsed registryimage.Source
}

// nativeImage returns the image that the plan gets if it can be left to a
// kubelet, else nil. Where the mode would have it but something else is in the
// way, the build log says what.
func (d *buildStepDelegate) nativeImage(get atc.Plan) (*nativeImage, error) {
	if !d.nativeImageFetch || get.Get.Type != registryImageType {
		return nil, nil
	}
	native, reason, err := d.modeAllows()
	if err != nil {
		return nil, err
	}
	if !native {
		d.sayPhysical(get.Get.Name, reason)
		return nil, nil
	}

	image, err := d.parseImage(get.Get)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", get.Get.Name, err)
	}
	reason = cmp.Or(image.parsed.PhysicalReason(d.nodes), d.tagsReason(get.Get.Tags))
	if reason != "" {
		d.sayPhysical(get.Get.Name, reason)
		return nil, nil
	}
	return image, nil
}

// tagsReason is about an image with worker tags of its own: it is checked and
// got on those workers, which may be the only ones that reach its registry, but
// pulled by the node of the step's worker.
func (d *buildStepDelegate) tagsReason(tags atc.Tags) string {
	if sameTags(tags, d.placement.Tags) {
		return ""
	}
	return fmt.Sprintf("it has the tags %v, and the step has %v, so other nodes may reach its registry than the step's: give both the same tags, or the image none", []string(tags), d.placement.Tags)
}

func sameTags(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// modeAllows tells whether the mode has images left to kubelets. There is no
// reason to give where none of the workers has one.
func (d *buildStepDelegate) modeAllows() (native bool, reason string, err error) {
	if d.mode == NativeImageFetchAlways {
		return true, "", nil
	}
	fleet, err := fleetFor(d.workers, d.placement)
	if err != nil {
		return false, "", err
	}
	switch {
	case len(fleet.kubernetes) == 0 && len(fleet.other) == 0:
		reason = "no worker that could take the step runs at this moment, so it is not known whether a kubelet will pull the image: set --native-image-fetch=always on web if all of them are Kubernetes workers"
	case len(fleet.kubernetes) > 0 && len(fleet.other) > 0:
		reason = fmt.Sprintf("worker %s, which could take the step too, is not a Kubernetes worker: give the workers different tags, so that the step can go to Kubernetes workers only", fleet.other[0].Name())
	}
	return len(fleet.kubernetes) > 0 && len(fleet.other) == 0, reason, nil
}

func (d *buildStepDelegate) sayPhysical(image, reason string) {
	if reason == "" {
		return
	}
	fmt.Fprintf(d.upstream.Stderr(), "image %s is fetched into a volume, not pulled by the kubelet: %s\n", image, reason)
}

func (d *buildStepDelegate) parseImage(get *atc.GetPlan) (*nativeImage, error) {
	source, err := creds.NewSource(d.state, get.Source).Evaluate()
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	params, err := creds.NewParams(d.state, get.Params).Evaluate()
	if err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	parsed, err := d.parse(source, params)
	if err != nil {
		return nil, err
	}
	return &nativeImage{GetPlan: get, source: source, params: params, parsed: parsed}, nil
}

// logIn gives an image with the credentials of a cloud a registry login. A
// cloud that refuses, or that web does not reach, is a reason to leave the
// image to the resource, which runs elsewhere and knows more ways.
func (d *buildStepDelegate) logIn(ctx context.Context, image *nativeImage) (reason string, err error) {
	credentials, needed := image.parsed.AWS()
	if !needed {
		return "", nil
	}
	registry, username, password, err := d.logins.ECR(ctx, credentials)
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return fmt.Sprintf("web got no login for Amazon ECR: %s", err), nil
	}
	image.parsed, err = image.parsed.LoggedIn(registry, username, password)
	return "", d.withoutSecrets(err)
}
