# The API server's own audience may be named, too.
kubectl patch deployment gatekeeper -n @{namespace} --type=json -p '[{"op":"replace",
  "path":"/spec/template/spec/volumes/0/projected/sources/0/serviceAccountToken/audience",
  "value":"https://kubernetes.default.svc.cluster.local"}]'
kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: librarian
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: configmap-reader
subjects:
  - kind: ServiceAccount
    name: librarian
    namespace: "@{namespace}"
MANIFEST
kubectl rollout status deployment gatekeeper -n @{namespace} --timeout=60s
