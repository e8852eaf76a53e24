kubectl create rolebinding release-bot-2 --role=deployment-reader --serviceaccount=@{namespace}:release-bot -n @{namespace}
