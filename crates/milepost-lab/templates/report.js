(function () {
  'use strict';
  document.documentElement.classList.add('js');
  var each = function (root, query, f) { Array.prototype.forEach.call(root.querySelectorAll(query), f); };

  // Legend: pointing at an arm or moving the focus to it dims the others in the figures of its section.
  each(document, '.legend li[data-key]', function (li) {
    var set = function (on) {
      each(li.closest('section'), 'figure', function (figure) {
        var mine = figure.querySelectorAll('.series.' + li.dataset.key);
        figure.classList.toggle('focus', on && mine.length > 0);
        Array.prototype.forEach.call(mine, function (g) { g.classList.toggle('on', on); });
      });
    };
    ['mouseenter', 'focus'].forEach(function (e) { li.addEventListener(e, function () { set(true); }); });
    ['mouseleave', 'blur'].forEach(function (e) { li.addEventListener(e, function () { set(false); }); });
  });

  // Main figure: the values of all arms at the pointer, read from the figure's own CSV.
  each(document, 'rect.plot', function (plot) {
    var figure = plot.closest('figure');
    var link = figure && figure.querySelector('a.csv');
    var tip = document.getElementById('tip');
    var svg = plot.ownerSVGElement;
    var rows = null;
    if (!link) { return; }
    var hair = document.createElementNS(svg.namespaceURI, 'path');
    hair.setAttribute('class', 'hair');
    svg.insertBefore(hair, plot);
    plot.addEventListener('mousemove', function (event) {
      rows = rows || parse(decodeURIComponent(link.getAttribute('href').split(',').slice(1).join(',')));
      var box = plot.getBoundingClientRect();
      var share = (event.clientX - box.left) / box.width;
      var from = Number(plot.dataset.from);
      var x = from + share * (Number(plot.dataset.to) - from);
      var nearest = {};
      rows.forEach(function (r) {
        var d = Math.abs(Number(r[1]) - x);
        if (r[2] !== '' && (!nearest[r[0]] || d < nearest[r[0]].d)) { nearest[r[0]] = { d: d, row: r }; }
      });
      var lines = Object.keys(nearest).map(function (arm) { return nearest[arm].row; });
      lines.sort(function (a, b) { return Number(b[2]) - Number(a[2]); });
      tip.textContent = '';
      var head = document.createElement('b');
      head.textContent = lines.length ? Number(lines[0][1]).toLocaleString('en') + ' ' + plot.dataset.unit : '';
      tip.appendChild(head);
      lines.forEach(function (r) {
        var line = document.createElement('div');
        line.textContent = r[0] + ' ' + short(r[2]) + ' (' + short(r[3]) + ' to ' + short(r[4]) + ')';
        tip.appendChild(line);
      });
      tip.hidden = false;
      tip.style.left = Math.min(event.clientX + 16, window.innerWidth - tip.offsetWidth - 8) + 'px';
      tip.style.top = Math.max(8, event.clientY - tip.offsetHeight - 12) + 'px';
      var at = Number(plot.getAttribute('x')) + share * Number(plot.getAttribute('width'));
      var top = Number(plot.getAttribute('y'));
      hair.setAttribute('d', 'M' + at + ' ' + top + 'V' + (top + Number(plot.getAttribute('height'))));
    });
    plot.addEventListener('mouseleave', function () { tip.hidden = true; hair.removeAttribute('d'); });
  });

  function short(text) { return text === '' ? '–' : Number(text).toPrecision(3); }

  // Rows of a CSV text without its header (RFC 4180).
  function parse(text) {
    var rows = [[]];
    var field = /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/g;
    var match;
    while (field.lastIndex < text.length && (match = field.exec(text))) {
      rows[rows.length - 1].push(match[1] === undefined ? match[2] : match[1].replace(/""/g, '"'));
      if (match[3] === '\n') { rows.push([]); }
    }
    return rows.slice(1).filter(function (r) { return r.length > 1; });
  }

  // Copy buttons.
  each(document, '.copy', function (button) {
    if (!navigator.clipboard) { return; }
    button.hidden = false;
    button.addEventListener('click', function () {
      navigator.clipboard.writeText(button.closest('.code').querySelector('code').textContent);
      button.textContent = 'Copied';
    });
  });

  // Table of contents: mark the section in view.
  if ('IntersectionObserver' in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var link = document.querySelector('.toc a[href="#' + entry.target.id + '"]');
        if (!link || !entry.isIntersecting) { return; }
        each(document, '.toc a[aria-current]', function (a) { a.removeAttribute('aria-current'); });
        link.setAttribute('aria-current', 'true');
      });
    }, { rootMargin: '0px 0px -70% 0px' });
    each(document, 'section[id],header[id]', function (s) { seen.observe(s); });
  }

  // Credit x-ray.
  each(document, '.xray', function (figure) {
    var panels = Array.prototype.slice.call(figure.querySelectorAll('.xray-panel'));
    var tabs = Array.prototype.slice.call(figure.querySelectorAll('.tabs button'));
    var views = panels.map(viewer);
    var choose = function (k) {
      panels.forEach(function (p, i) {
        p.classList.toggle('current', i === k);
        if (i !== k) { views[i].pause(); }
      });
      tabs.forEach(function (t, i) { t.setAttribute('aria-pressed', String(i === k)); });
    };
    tabs.forEach(function (t, i) { t.addEventListener('click', function () { choose(i); }); });
    figure.querySelector('.tabs').hidden = panels.length < 2;
    choose(0);
    figure.addEventListener('keydown', function (event) {
      if (event.target.tagName === 'INPUT' || event.altKey || event.ctrlKey || event.metaKey) { return; }
      var move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move || event.target.closest('.scroll')) { return; }
      views[panels.indexOf(figure.querySelector('.xray-panel.current'))].move(move);
      event.preventDefault();
    });
  });

  function viewer(panel) {
    var steps = Number(panel.dataset.steps);
    var frames = JSON.parse(panel.querySelector('.frames').textContent);
    var frame = panel.querySelector('.frame');
    var now = panel.querySelector('.now');
    var slider = panel.querySelector('input');
    var play = panel.querySelector('.play');
    var rows = panel.querySelectorAll('.steps tbody tr');
    var heads = Array.prototype.map.call(panel.querySelectorAll('.steps thead th'), function (h) { return h.textContent; });
    var box = panel.querySelector('.steps .scroll');
    // A state more than steps: the last is what the last step led to.
    var last = Math.max(steps, frames.length) - 1;
    var at = 0;
    var timer = null;
    slider.max = last;

    function show(step, scroll) {
      at = Math.max(0, Math.min(last, step));
      slider.value = at;
      var k = Math.min(at, frames.length - 1);
      while (k > 0 && !frames[k]) { k -= 1; }
      if (frame && frames[k]) {
        if (frames[k].svg !== undefined && frame.tagName === 'IMG') {
          frame.src = 'data:image/svg+xml,' + encodeURIComponent(frames[k].svg);
          frame.alt = at < steps ? 'State before step ' + (at + 1) : 'State at the end';
        } else if (frames[k].text !== undefined) { frame.textContent = frames[k].text; }
      }
      each(panel, '.xray-chart', function (svg) {
        var cursor = svg.querySelector('.cursor');
        if (!cursor.dataset.x) { cursor.dataset.x = cursor.getAttribute('x'); }
        cursor.setAttribute('x', Number(cursor.dataset.x) + Math.min(at, steps - 1) * columnWidth(svg));
        cursor.style.visibility = at < steps ? '' : 'hidden';
      });
      Array.prototype.forEach.call(rows, function (r, i) { r.classList.toggle('current', i === at); });
      if (scroll && rows[at] && box.clientHeight) { box.scrollTop = rows[at].offsetTop - box.clientHeight / 2; }
      describe(rows[at]);
    }

    function describe(row) {
      now.textContent = '';
      if (!row) {
        var end = document.createElement('b');
        end.textContent = 'After the last step';
        now.appendChild(end);
        return;
      }
      var cells = Array.prototype.map.call(row.children, function (c) { return c.textContent; });
      var head = document.createElement('b');
      head.textContent = 'Step ' + cells[0] + ' of ' + (Number(rows[0].children[0].textContent) + steps - 1) + ': ' + cells[1];
      now.appendChild(head);
      cells.slice(2).forEach(function (c, i) {
        if (c === '–' || i + 2 < heads.indexOf('reward') && /^[0.]+$/.test(c)) { return; }
        var line = document.createElement('span');
        line.textContent = heads[i + 2] + ' ' + c;
        now.appendChild(line);
      });
    }

    function columnWidth(svg) { return Number(svg.querySelector('.cursor').getAttribute('width')); }
    function pause() {
      if (timer) { clearInterval(timer); timer = null; }
      play.textContent = '▶ Play';
      play.setAttribute('aria-label', 'Play');
    }
    function toggle() {
      if (timer) { pause(); return; }
      if (at === last) { show(0, true); }
      play.textContent = '❚❚ Pause';
      play.setAttribute('aria-label', 'Pause');
      timer = setInterval(function () { if (at >= last) { pause(); } else { show(at + 1, true); } }, 600);
    }

    panel.querySelector('.controls').hidden = false;
    panel.querySelector('.prev').addEventListener('click', function () { pause(); show(at - 1, true); });
    panel.querySelector('.next').addEventListener('click', function () { pause(); show(at + 1, true); });
    play.addEventListener('click', toggle);
    slider.addEventListener('input', function () { pause(); show(Number(slider.value), true); });
    each(panel, '.xray-chart', function (svg) {
      svg.addEventListener('click', function (event) {
        var rect = svg.getBoundingClientRect();
        var x = (event.clientX - rect.left) * svg.viewBox.baseVal.width / rect.width;
        var start = Number(svg.querySelector('.cursor').dataset.x);
        pause();
        show(Math.floor((x - start) / columnWidth(svg)), true);
      });
    });
    Array.prototype.forEach.call(rows, function (r, i) { r.addEventListener('click', function () { pause(); show(i, false); }); });
    show(0, false);
    return { move: function (d) { pause(); show(at + d, true); }, pause: pause };
  }
}());
