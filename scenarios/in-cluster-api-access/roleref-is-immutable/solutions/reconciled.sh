kubectl auth reconcile -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: release-bot
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: deployment-reader
subjects:
  - kind: ServiceAccount
    name: release-bot
    namespace: "@{namespace}"
MANIFEST
