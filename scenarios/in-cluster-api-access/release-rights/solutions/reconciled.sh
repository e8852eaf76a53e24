kubectl auth reconcile -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "@{program}"
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "@{role}"
subjects:
  - kind: ServiceAccount
    name: "@{program}"
    namespace: "@{namespace}"
MANIFEST
