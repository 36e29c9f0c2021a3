# For every interactive bash.
[ -n "$PS1" ] || return
export LANG=${LANG:-C.UTF-8}
# Marks where a prompt ends and how the command before it ended (OSC 133), for whoever types into the terminal.
PS1='\u@\h:\w\$ \[\e]133;B\a\]'
PROMPT_COMMAND='printf "\e]133;D;%d\a" $?'
HISTCONTROL=ignoreboth
HISTSIZE=1000
HISTFILESIZE=2000
shopt -s checkwinsize histappend
alias ls='ls --color=auto'
alias ll='ls -l'
alias grep='grep --color=auto'
# Completion is asked of the commands themselves, when it is first wanted: 124 has bash try again.
_load_completion() {
  local code
  code=$("$1" completion bash 2>/dev/null) || return 1
  eval "$code"
  return 124
}
complete -F _load_completion kubectl crictl
