package template_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// markedLine is the number of the line that ends in "# HERE".
func markedLine(content string) int {
	GinkgoHelper()
	before, _, found := strings.Cut(content, "# HERE")
	Expect(found).To(BeTrue(), "no line is marked")
	return strings.Count(before, "\n") + 1
}

// failAtMark matches the error that names the file, the marked line and the
// message, and nothing else.
func failAtMark(content, message string) types.GomegaMatcher {
	GinkgoHelper()
	return MatchError(And(
		HavePrefix("pods.yaml:%d: ", markedLine(content)),
		ContainSubstring(message),
		Not(ContainSubstring("\n")),
	))
}

var _ = Describe("reading a pod template", func() {
	parse := func(content string) error {
		_, err := template.Parse("pods.yaml", []byte(content))
		return err
	}

	DescribeTable("takes a Pod",
		func(content string) {
			Expect(parse(content)).To(Succeed())
		},
		Entry("without its type", "spec:\n  priorityClassName: ci\n"),
		Entry("with its type", "apiVersion: v1\nkind: Pod\nspec:\n  priorityClassName: ci\n"),
		Entry("that is a document with its mark", "# For CI.\n---\nkind: Pod\n"),
		Entry("with fields that are null", "metadata:\n  name:\nspec:\n  nodeName: null\n"),
		Entry("with anchors", "spec:\n  containers:\n  - name: step\n    resources:\n      requests: &some {cpu: 1}\n      limits: *some\n"),
		Entry("with labels and annotations as Kubernetes allows them",
			"metadata:\n  labels: {example.com/Team_1: ''}\n  annotations: {Example.com/Note: a note of any length}\nspec:\n  nodeSelector: {node-role.kubernetes.io/ci: ''}\n"),
		Entry("with capabilities that init can do without", "spec:\n  containers:\n  - name: step\n    securityContext: {capabilities: {drop: [NET_RAW, CAP_MKNOD]}}\n"),
		Entry("with no capabilities but those that init needs",
			"spec:\n  containers:\n  - name: step\n    securityContext: {capabilities: {drop: [ALL], add: [CHOWN, DAC_OVERRIDE, CAP_KILL, SETGID, setuid]}}\n"),
	)

	DescribeTable("names the line of what is not YAML",
		func(content, message string) {
			Expect(parse(content)).To(failAtMark(content, "not YAML: "+message))
		},
		Entry("a colon too many", "spec:\n  schedulerName: a: b # HERE\n", "mapping values are not allowed"),
		Entry("a tab", "spec:\n\tschedulerName: a # HERE\n", "found character that cannot start any token"),
		Entry("a wrong indentation", "metadata:\n  labels: {}\nspec:\n  dnsPolicy: None\n  schedulerName: a\n hostname: b # HERE\n", "did not find expected key"),
		Entry("a wrong indentation of a list", "spec:\n  tolerations:\n  - key: a\n - key: b # HERE\n", "did not find expected"),
		Entry("an open bracket", "spec:\n  tolerations: [{key: a}\n  schedulerName: a # HERE\n", "did not find expected ',' or ']'"),
		Entry("an open quote", "spec:\n  schedulerName: \"a\n  hostname: b\n# HERE", "found unexpected end of stream"),
		Entry("a line without a colon", "metadata:\n  labels:\n    app: ci\n    tier\n    zone: a # HERE\n", "could not find expected ':'"),
		Entry("a key that is there twice", "spec:\n  hostname: a\n  hostname: b # HERE\n", `key "hostname" already set`),
	)

	DescribeTable("names the line of what is not one Pod",
		func(content, message string) {
			Expect(parse(content)).To(failAtMark(content, message))
		},
		Entry("nothing", "# HERE\n", "the file is empty"),
		Entry("a list", "- kind: Pod # HERE\n", "the document: must be a mapping"),
		Entry("two documents", "kind: Pod\n--- # HERE\nkind: Pod\n", "a second YAML document begins here"),
		Entry("another kind", "apiVersion: v1\nkind: PodTemplate # HERE\n", "kind: must be Pod, not PodTemplate"),
		Entry("another version", "apiVersion: v2 # HERE\n", "apiVersion: must be v1, not v2"),
		Entry("a field that is not there", "spec:\n  hostname: a\n  toleration: [] # HERE\n", "spec.toleration: Kubernetes has no such field"),
		Entry("a field in the wrong place", "tolerations: [] # HERE\n", "tolerations: Kubernetes has no such field"),
		Entry("a field in another case", "spec:\n  nodeselector: {} # HERE\n", "spec.nodeselector: Kubernetes has no such field"),
		Entry("a deep field that is not there", "spec:\n  containers:\n  - name: step\n    resources:\n      limit: {} # HERE\n",
			"spec.containers[0].resources.limit: Kubernetes has no such field"),
		Entry("a field that is not in a volume", "spec:\n  volumes:\n  - name: a\n    emptyDir:\n      sizelimit: 1Gi # HERE\n", "spec.volumes[0].emptyDir.sizelimit"),
		Entry("text for a boolean", "spec:\n  hostIPC: maybe # HERE\n", "spec.hostIPC: maybe is not of type bool"),
		Entry("text for a number", "spec:\n  priority: high # HERE\n", "spec.priority: high is not of type int32"),
		Entry("a quantity that is none", "spec:\n  containers:\n  - name: step\n    resources:\n      limits:\n        memory: 1 GB # HERE\n",
			"spec.containers[0].resources.limits[memory]: 1 GB is not of type Quantity: quantities must match"),
		Entry("a mapping for a list", "spec:\n  tolerations: {key: a} # HERE\n", "spec.tolerations: must be a list"),
		Entry("a list for a mapping", "spec:\n  nodeSelector: [a] # HERE\n", "spec.nodeSelector: must be a mapping"),
		Entry("a list for text", "spec:\n  hostname: [a] # HERE\n", "spec.hostname: a list or a mapping is not of type string"),
	)

	It("has no line for an unknown anchor", func() {
		Expect(parse("spec: *some\n")).To(MatchError("pods.yaml: not YAML: unknown anchor 'some' referenced"))
	})

	It("lists all problems, in their order", func() {
		Expect(parse("spec:\n  nodeName: a\n  hostPID: true\nstatus: {}\n")).To(MatchError(MatchRegexp(
			`^pods.yaml:2: spec.nodeName: .*\npods.yaml:3: spec.hostPID: .*\npods.yaml:4: status: .*$`)))
		Expect(parse("spec:\n  host: a\n  hostIPC: 3\n")).To(MatchError(MatchRegexp(
			`^pods.yaml:2: spec.host: .*\npods.yaml:3: spec.hostIPC: .*$`)))
	})
})

var _ = Describe("what Concourse has to set", func() {
	// A row for each field of template.Refused: a value that it could have.
	values := map[string]string{
		"status": "{}",

		"spec.activeDeadlineSeconds":         "60",
		"spec.automountServiceAccountToken":  "true",
		"spec.enableServiceLinks":            "true",
		"spec.ephemeralContainers":           "[]",
		"spec.hostNetwork":                   "true",
		"spec.hostPID":                       "true",
		"spec.hostUsers":                     "false",
		"spec.initContainers":                "[{name: setup, image: busybox}]",
		"spec.nodeName":                      "node-2",
		"spec.resources":                     "{limits: {memory: 1Gi}}",
		"spec.restartPolicy":                 "Always",
		"spec.schedulingGates":               "[{name: gate}]",
		"spec.shareProcessNamespace":         "true",
		"spec.terminationGracePeriodSeconds": "60",

		"spec.securityContext.runAsGroup":   "1000",
		"spec.securityContext.runAsNonRoot": "true",
		"spec.securityContext.runAsUser":    "1000",

		"spec.containers[].args":            "[a]",
		"spec.containers[].command":         "[a]",
		"spec.containers[].image":           "busybox",
		"spec.containers[].imagePullPolicy": "Never",
		"spec.containers[].lifecycle":       "{}",
		"spec.containers[].livenessProbe":   "{exec: {command: [a]}}",
		"spec.containers[].ports":           "[{containerPort: 80}]",
		"spec.containers[].readinessProbe":  "{exec: {command: [a]}}",
		"spec.containers[].restartPolicy":   "Always",
		"spec.containers[].startupProbe":    "{exec: {command: [a]}}",
		"spec.containers[].stdin":           "true",
		"spec.containers[].stdinOnce":       "true",
		"spec.containers[].tty":             "true",
		"spec.containers[].workingDir":      "/a",

		"spec.containers[].terminationMessagePolicy": "File",
		"spec.containers[].terminationMessagePath":   "/tmp/message",

		"spec.containers[].securityContext.allowPrivilegeEscalation": "false",
		"spec.containers[].securityContext.privileged":               "true",
		"spec.containers[].securityContext.readOnlyRootFilesystem":   "true",
		"spec.containers[].securityContext.runAsGroup":               "1000",
		"spec.containers[].securityContext.runAsNonRoot":             "true",
		"spec.containers[].securityContext.runAsUser":                "1000",
	}

	It("is all specified here", func() {
		Expect(slices.Collect(maps.Keys(template.Refused))).To(ConsistOf(slices.Collect(maps.Keys(values))))
	})

	for path, value := range values {
		It("refuses "+path, func() {
			content := documentWith(path, value+" # HERE")

			_, err := template.Parse("pods.yaml", []byte(content))

			Expect(err).To(failAtMark(content, fmt.Sprintf("%s: %s", strings.ReplaceAll(path, "[]", "[0]"), template.Refused[path])))
		})
	}

	DescribeTable("refuses by name",
		func(content, message string) {
			_, err := template.Parse("pods.yaml", []byte(content))

			Expect(err).To(failAtMark(content, message))
		},
		Entry("the pod's name", "metadata:\n  name: a # HERE\n", "metadata.name: a template's metadata has labels and annotations only"),
		Entry("the pod's namespace", "metadata:\n  namespace: a # HERE\n", "metadata.namespace: "),
		Entry("the start of the pod's name", "metadata:\n  generateName: a # HERE\n", "metadata.generateName: "),
		Entry("finalizers", "metadata:\n  finalizers: [a] # HERE\n", "metadata.finalizers: "),
		Entry("owners", "metadata:\n  ownerReferences: [] # HERE\n", "metadata.ownerReferences: "),
		Entry("Concourse's labels", "metadata:\n  labels:\n    app: ci\n    concourse-ci.org/worker: a # HERE\n", "metadata.labels[concourse-ci.org/worker]: the worker finds its pods by it"),
		Entry("Concourse's annotations", "metadata:\n  annotations:\n    concourse-ci.org/handle: a # HERE\n", "metadata.annotations[concourse-ci.org/handle]: "),
		Entry("the label of who manages it", "metadata:\n  labels:\n    app.kubernetes.io/managed-by: Helm # HERE\n", "managed-by]: "),
		Entry("a label's key that is none", "metadata:\n  labels:\n    cost centre: ci # HERE\n", "metadata.labels[cost centre]: Kubernetes refuses this key: name part must consist of"),
		Entry("a label's key with a prefix that is none", "metadata:\n  labels:\n    Example.com/team: ci # HERE\n", "Kubernetes refuses this key: prefix part a lowercase"),
		Entry("a label's value that is none", "metadata:\n  labels:\n    team: a team # HERE\n", `metadata.labels[team]: Kubernetes refuses the value "a team": a valid label must be`),
		Entry("a label's value that is too long", "metadata:\n  labels:\n    team: "+strings.Repeat("a", 64)+" # HERE\n", "no more than 63"),
		Entry("a node selector that is none", "spec:\n  nodeSelector:\n    pool: a b # HERE\n", `spec.nodeSelector[pool]: Kubernetes refuses the value "a b": `),
		Entry("an annotation's key that is none", "metadata:\n  annotations:\n    a/b/c: d # HERE\n", "metadata.annotations[a/b/c]: Kubernetes refuses this key: a qualified name must consist of"),
		Entry("another container", "spec:\n  containers:\n  - name: step\n  - name: sidecar # HERE\n", "spec.containers[1].name: a step's pod has one container only, which is named step"),
		Entry("a container without a name", "spec:\n  containers:\n  - resources: {} # HERE\n", "spec.containers[0].name: "),
		Entry("init's variable", documentWith("spec.containers[].env", "[{name: A}, {name: CONCOURSE_INIT_POD_UID, value: a}] # HERE"), "spec.containers[0].env[1].name: init is told by it"),
		Entry("init's volume", "spec:\n  volumes:\n  - emptyDir: {}\n    name: init # HERE\n", "spec.volumes[0].name: init is the name of one of Concourse's volumes"),
		Entry("the volume of the container's state", "spec:\n  volumes:\n  - name: run # HERE\n", "run is the name"),
		Entry("a volume of a step", "spec:\n  volumes:\n  - name: volume-12 # HERE\n", "volume-12 is the name"),
		Entry("a volume without a name", "spec:\n  volumes:\n  - emptyDir: {} # HERE\n", "a volume needs a name"),
		Entry("a pull secret without a name", "spec:\n  imagePullSecrets:\n  - {} # HERE\n", "a pull secret needs a name"),
		Entry("a mount of no volume", documentWith("spec.containers[].volumeMounts", "[{mountPath: /a, name: b}] # HERE"), `volumeMounts[0].name: spec.volumes has no volume "b"`),
		Entry("a mount without a path", withMount("{name: a} # HERE"), "a mount needs a path"),
		Entry("a mount over init", withMount("{name: a, mountPath: /.concourse/bin} # HERE"), "Concourse mounts its own there"),
		Entry("a mount above init", withMount("{name: a, mountPath: //.concourse/} # HERE"), "Concourse mounts its own there"),
		Entry("a mount over the scratch volume", withMount("{name: a, mountPath: /scratch} # HERE"), "Concourse mounts its own there"),
		Entry("a mount where the inputs are", withMount("{name: a, mountPath: /tmp/build/x} # HERE"), "Concourse mounts its own there"),
		Entry("a mount over the image", withMount("{name: a, mountPath: /} # HERE"), "Concourse mounts its own there"),
		Entry("to drop all capabilities",
			documentWith("spec.containers[].securityContext.capabilities", "{drop: [ALL]} # HERE"), "init needs CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID"),
		Entry("to drop all but some capabilities",
			documentWith("spec.containers[].securityContext.capabilities", "{drop: [all], add: [CHOWN, KILL]} # HERE"), "init needs DAC_OVERRIDE, SETGID, SETUID"),
		Entry("to drop a capability of init's",
			documentWith("spec.containers[].securityContext.capabilities", "{drop: [NET_RAW, CAP_SETUID]} # HERE"), "capabilities.drop[1]: init needs SETUID"),
	)
})

// documentWith is YAML with one field, given by a path such as
// spec.containers[].image.
func documentWith(path, value string) string {
	var content strings.Builder
	indent := ""
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		name, isList := strings.CutSuffix(key, "[]")
		content.WriteString(indent + name + ":\n")
		indent += "  "
		if isList {
			content.WriteString(indent + "- name: step\n")
			indent += "  "
		}
	}
	content.WriteString(indent + keys[len(keys)-1] + ": " + value + "\n")
	return content.String()
}

func withMount(mount string) string {
	return "spec:\n  volumes:\n  - name: a\n  containers:\n  - name: step\n    volumeMounts:\n    - " + mount + "\n"
}
