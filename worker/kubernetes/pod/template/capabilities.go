package template

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// initCapabilities are what init needs to run processes as the image's and the
// step's users, to give them their streams, and to end them.
var initCapabilities = []corev1.Capability{"CHOWN", "DAC_OVERRIDE", "KILL", "SETGID", "SETUID"}

// checkCapabilities refuses to drop what init needs, unless it is added again.
func (r *refusal) checkCapabilities(path string, context *corev1.SecurityContext) {
	if context == nil || context.Capabilities == nil {
		return
	}
	added := plain(context.Capabilities.Add)
	for i, dropped := range plain(context.Capabilities.Drop) {
		lost := slices.DeleteFunc(slices.Clone(initCapabilities), func(needed corev1.Capability) bool {
			return dropped != "ALL" && dropped != needed || slices.Contains(added, needed)
		})
		if len(lost) > 0 {
			r.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("init needs %s, to run processes as any user: add it", join(lost)))
		}
	}
}

// leaveDefaultCapabilities drops what both drop, but for what the template adds.
// Merged, the list of one would replace that of the other.
func leaveDefaultCapabilities(step, template *corev1.SecurityContext) {
	if step == nil || step.Capabilities == nil || template == nil || template.Capabilities == nil {
		return
	}
	added, dropped := plain(template.Capabilities.Add), plain(template.Capabilities.Drop)
	all := slices.Clone(template.Capabilities.Drop)
	for _, capability := range step.Capabilities.Drop {
		if !slices.Contains(added, capability) && !slices.Contains(added, "ALL") && !slices.Contains(dropped, capability) {
			all = append(all, capability)
		}
	}
	step.Capabilities.Drop = all
}

// plain are the names as Kubernetes writes them: without CAP_, in capitals.
func plain(capabilities []corev1.Capability) []corev1.Capability {
	var all []corev1.Capability
	for _, capability := range capabilities {
		all = append(all, corev1.Capability(strings.TrimPrefix(strings.ToUpper(string(capability)), "CAP_")))
	}
	return all
}

func join(capabilities []corev1.Capability) string {
	var names []string
	for _, capability := range capabilities {
		names = append(names, string(capability))
	}
	return strings.Join(names, ", ")
}
