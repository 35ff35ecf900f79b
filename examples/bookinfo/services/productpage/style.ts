export const STYLE = `
:root{--ink:#1d2433;--soft:#5c6577;--line:#e4e7ee;--paper:#fff;--ground:#f6f7fa;--accent:#2f5bea;--red:#d3263c;--warn:#9a5b00;--warnbg:#fff4e0}
@media (prefers-color-scheme:dark){:root{--ink:#e9ecf3;--soft:#a3acbf;--line:#2b3242;--paper:#1a202d;--ground:#12161f;--accent:#8da6ff;--red:#ff6b7d;--warn:#ffc267;--warnbg:#352a17}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;padding:.8rem clamp(1rem,4vw,3rem);background:var(--paper);border-bottom:1px solid var(--line);flex-wrap:wrap}
.brand{font-weight:700;letter-spacing:-.02em;color:var(--ink);text-decoration:none;font-size:1.15rem}
nav form{display:flex;gap:.5rem}
nav .user{font-weight:600}
input{font:inherit;padding:.35rem .7rem;border:1px solid var(--line);border-radius:.5rem;background:var(--ground);color:inherit;min-width:0}
button,.button{font:inherit;font-weight:600;padding:.35rem .9rem;border:0;border-radius:.5rem;background:var(--accent);color:#fff;cursor:pointer;text-decoration:none;display:inline-block}
@media (prefers-color-scheme:dark){button,.button{color:#10131a}}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
main{max-width:68rem;margin:0 auto;padding:2rem clamp(1rem,4vw,3rem)}
.hero{display:flex;gap:2rem;align-items:center;margin-bottom:2rem}
.cover{flex:none;width:10rem;aspect-ratio:2/3;border-radius:.3rem .8rem .8rem .3rem;padding:1.1rem;display:flex;flex-direction:column;justify-content:space-between;color:#fff;background:linear-gradient(150deg,#3a63f3,#1b2d78);box-shadow:inset .5rem 0 0 #0003,0 1rem 2rem -1rem #0008;font-family:Georgia,serif;font-size:1.2rem;line-height:1.2}
.cover small{font-size:.8rem;opacity:.85}
.kicker{margin:0;color:var(--soft);font-size:.85rem;text-transform:uppercase;letter-spacing:.08em}
h1{margin:.1em 0 .3em;font:700 clamp(1.8rem,4vw,2.7rem)/1.15 Georgia,serif;letter-spacing:-.02em}
.lead{margin:0;color:var(--soft);font-size:1.1rem;max-width:44rem}
.columns{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:1.5rem}
.columns section{background:var(--paper);border:1px solid var(--line);border-radius:1rem;padding:1.4rem 1.6rem}
h2{margin:0 0 .8rem;font-size:1.1rem}
dl{margin:0}
dl div{display:flex;justify-content:space-between;gap:1rem;padding:.45rem 0;border-bottom:1px solid var(--line)}
dl div:last-child{border:0}
dt{color:var(--soft)}
dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
.reviews{list-style:none;margin:0;padding:0}
.reviews li{padding:.2rem 0 1rem}
blockquote{margin:0;font:italic 1.08rem/1.5 Georgia,serif}
.by{margin:.3rem 0 0;color:var(--soft)}
.stars{letter-spacing:.1em;margin-left:.4rem}
.stars.black{color:var(--ink)}
.stars.red{color:var(--red)}
.served{margin:.6rem 0 0;padding-top:.8rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}
.tag{margin-left:.3rem;padding:.05rem .5rem;border-radius:1rem;border:1px solid currentColor;font-weight:600;font-size:.8rem}
.tag-v3{color:var(--red)}
.problem{color:var(--warn);background:var(--warnbg);padding:.5rem .8rem;border-radius:.5rem;margin:0}
span.problem{padding:.1rem .5rem;font-size:.9rem}
footer{text-align:center;color:var(--soft);padding:1rem 1rem 2.5rem;font-size:.9rem}
@media (max-width:44rem){.columns{grid-template-columns:1fr}.hero{flex-direction:column;align-items:flex-start}.cover{width:8rem}nav,nav form{flex:1 1 auto}nav input{flex:1}}
`
