kubectl replace -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "@{first}"
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "@{role}"
subjects:
  - kind: ServiceAccount
    name: "@{first}"
    namespace: "@{namespace}"
---
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
