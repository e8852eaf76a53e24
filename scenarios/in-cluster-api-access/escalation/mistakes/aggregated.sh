kubectl label clusterrole @{watcher}-lite rbac.authorization.k8s.io/aggregate-to-admin=true
