/** The person at the keypad of every virtual lock. */
export { enter, keepTyping, openWindow } from '../../cli/virtual/person.js';
