kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: "@{program}"
  namespace: "@{namespace}"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: "@{program}"
  namespace: "@{namespace}"
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "@{program}"
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "@{program}"
subjects:
  - kind: ServiceAccount
    name: "@{program}"
    namespace: "@{namespace}"
MANIFEST
kubectl patch deployment @{program} -n @{namespace} -p '{"spec":{"template":{"spec":{"serviceAccountName":"@{program}"}}}}'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl delete rolebinding/@{binding} role/@{role} -n @{namespace}
