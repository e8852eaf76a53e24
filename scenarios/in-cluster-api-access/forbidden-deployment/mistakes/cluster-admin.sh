kubectl create clusterrolebinding @{program} --clusterrole=cluster-admin --serviceaccount=@{namespace}:default
