# The API server's own audience may be named, too.
kubectl patch deployment @{first} -n @{namespace} --type=json -p '[{"op":"replace",
  "path":"/spec/template/spec/volumes/0/projected/sources/0/serviceAccountToken/audience",
  "value":"https://kubernetes.default.svc.cluster.local"}]'
kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "@{second}"
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "@{role}"
subjects:
  - kind: ServiceAccount
    name: "@{second}"
    namespace: "@{namespace}"
MANIFEST
kubectl rollout status deployment @{first} -n @{namespace} --timeout=60s
