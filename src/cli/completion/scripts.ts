/** The completion scripts: each asks the program itself, so that it never knows another set of flags than that. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  // bash 3.2, as on macOS, has neither mapfile nor compopt.
  bash: `# bash completion of crypto-lake: eval "$(crypto-lake completion bash)" in ~/.bashrc
_crypto_lake() {
  local value description current="\${COMP_WORDS[COMP_CWORD]}"
  [ "$current" = '=' ] && current=''
  COMPREPLY=()
  while IFS=$'\\t' read -r value description; do
    case $value in
      :files | :folders)
        local action=-f
        [ "$value" = ':folders' ] && action=-d
        type compopt >/dev/null 2>&1 && compopt -o filenames
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen "$action" -- "$current")
        ;;
      *) COMPREPLY+=("$value") ;;
    esac
  done < <("$1" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _crypto_lake crypto-lake
`,
  zsh: `#compdef crypto-lake
# zsh completion of crypto-lake: eval "$(crypto-lake completion zsh)" in ~/.zshrc, after compinit
_crypto_lake() {
  local value description
  local -a candidates
  while IFS=$'\\t' read -r value description; do
    case $value in
      :files) _files; return ;;
      :folders) _files -/; return ;;
    esac
    candidates+=("\${value//:/\\\\:}:$description")
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe -V crypto-lake candidates
}
if [ "$funcstack[1]" = _crypto_lake ]; then _crypto_lake "$@"; else compdef _crypto_lake crypto-lake; fi
`,
  fish: `# fish completion of crypto-lake: crypto-lake completion fish > ~/.config/fish/completions/crypto-lake.fish
function __crypto_lake_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] __complete $words[2..-1] 2>/dev/null)
  switch "$found[1]"
    case ':files*'
      __fish_complete_path (commandline -ct)
    case ':folders*'
      __fish_complete_directories (commandline -ct)
    case '*'
      printf '%s\\n' $found
  end
end
complete -c crypto-lake -f -a '(__crypto_lake_complete)'
`,
};
