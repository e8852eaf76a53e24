kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: watchman
  namespace: "@{namespace}"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: watchman
  namespace: "@{namespace}"
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: watchman
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: watchman
subjects:
  - kind: ServiceAccount
    name: watchman
    namespace: "@{namespace}"
MANIFEST
kubectl patch deployment watchman -n @{namespace} -p '{"spec":{"template":{"spec":{"serviceAccountName":"watchman"}}}}'
kubectl rollout status deployment watchman -n @{namespace} --timeout=60s
kubectl delete rolebinding/convenience role/pod-lister -n @{namespace}
