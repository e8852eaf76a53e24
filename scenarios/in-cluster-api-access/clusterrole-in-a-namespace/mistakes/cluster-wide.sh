kubectl create clusterrolebinding dashboard-view --clusterrole=view --serviceaccount=@{namespace}:dashboard
