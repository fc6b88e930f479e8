import { describe, expect, it } from 'vitest';
import { createLru } from './lru.ts';

describe('the cache', () => {
  it('lets go of what was not asked for the longest', () => {
    const cache = createLru<string>(30);
    cache.set('one', '1', 10);
    cache.set('two', '2', 10);
    cache.set('three', '3', 10);
    cache.get('one');
    cache.set('four', '4', 10);
    expect(['one', 'two', 'three', 'four'].map(cache.get)).toEqual(['1', undefined, '3', '4']);
  });

  it('never holds more than its bytes, whatever is put in', () => {
    const cache = createLru<number>(1000);
    for (let index = 0; index < 500; index += 1) {
      cache.set(`key ${index % 40}`, index, (index * 37) % 400);
      expect(cache.bytes()).toBeLessThanOrEqual(1000);
    }
  });

  it('counts an entry that is replaced or deleted only once', () => {
    const cache = createLru<string>(100);
    cache.set('one', 'a', 60);
    cache.set('one', 'b', 40);
    expect(cache.bytes()).toBe(40);
    cache.delete('one');
    cache.delete('one');
    expect(cache.bytes()).toBe(0);
  });

  it('does not keep what is larger than itself, nor an older value in its place', () => {
    const cache = createLru<string>(100);
    cache.set('other', 'x', 50);
    cache.set('one', 'a', 40);
    cache.set('one', 'b', 101);
    expect([cache.get('one'), cache.get('other')]).toEqual([undefined, 'x']);
  });
});
