package check_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// manifests reads the file strictly: a field that a kind does not have is an error.
func manifests(t *testing.T) (set apps.StatefulSet, service core.Service, config core.ConfigMap, ingress networking.Ingress) {
	t.Helper()
	file, err := os.ReadFile("../usher.yaml")
	if err != nil {
		t.Fatal(err)
	}
	into := map[string]any{"StatefulSet": &set, "Service": &service, "ConfigMap": &config, "Ingress": &ingress}
	kind := regexp.MustCompile(`(?m)^kind: (\S+)$`)
	for document := range bytes.SplitSeq(file, []byte("\n---\n")) {
		found := kind.FindSubmatch(document)
		if found == nil || into[string(found[1])] == nil {
			t.Fatalf("not a kind that is expected:\n%s", document)
		}
		if err := yaml.UnmarshalStrict(document, into[string(found[1])]); err != nil {
			t.Errorf("%s: %v", found[1], err)
		}
		delete(into, string(found[1]))
	}
	for missing := range into {
		t.Errorf("there is no %s", missing)
	}
	return set, service, config, ingress
}

func TestTheManifestsFitTogether(t *testing.T) {
	t.Parallel()
	set, service, config, ingress := manifests(t)
	pod := set.Spec.Template
	for name, value := range service.Spec.Selector {
		if pod.Labels[name] != value || set.Spec.Selector.MatchLabels[name] != value {
			t.Errorf("the label %s is not the same everywhere", name)
		}
	}
	c := pod.Spec.Containers[0]
	if len(c.Ports) != 1 || service.Spec.Ports[0].TargetPort.String() != c.Ports[0].Name {
		t.Errorf("the service's port is not the container's: %v, %v", service.Spec.Ports, c.Ports)
	}
	if !strings.Contains(config.Data["usher.yaml"], "listen: 0.0.0.0:8080\n") || c.Ports[0].ContainerPort != 8080 {
		t.Error("the host does not listen on the container's port")
	}
	for _, rule := range ingress.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			if p.Backend.Service.Name != service.Name || p.Backend.Service.Port.Name != service.Spec.Ports[0].Name {
				t.Errorf("%s leads to %v", p.Path, p.Backend.Service)
			}
		}
	}
	volumes := map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		volumes[v.Name] = true
	}
	for _, claim := range set.Spec.VolumeClaimTemplates {
		volumes[claim.Name] = true
	}
	for _, m := range c.VolumeMounts {
		if !volumes[m.Name] {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
}

func TestThePodIsRestricted(t *testing.T) {
	t.Parallel()
	set, _, _, _ := manifests(t)
	if *set.Spec.Replicas != 1 {
		t.Error("a data directory has one host")
	}
	pod := set.Spec.Template.Spec
	c := pod.Containers[0].SecurityContext
	if !*pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault ||
		*c.AllowPrivilegeEscalation || !*c.ReadOnlyRootFilesystem || len(c.Capabilities.Drop) != 1 || c.Capabilities.Drop[0] != "ALL" || *pod.AutomountServiceAccountToken {
		t.Error("the pod does not fit the profile 'restricted' of Kubernetes")
	}
	if *pod.TerminationGracePeriodSeconds < 26 {
		t.Error("a pod has not the time to drain")
	}
}
