// A page that breaks leaves the frame standing, says so, and can be tried again.
import { CircleAlert } from 'lucide-react'
import { Component, type ReactNode } from 'react'

interface Props {
  // Another address is another page.
  address: string
  children: ReactNode
}

interface State {
  error: Error | null
  address: string
}

export class Boundary extends Component<Props, State> {
  override state: State = { error: null, address: this.props.address }

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error }
  }

  static getDerivedStateFromProps({ address }: Props, state: State): Partial<State> | null {
    return address === state.address ? null : { error: null, address }
  }

  override render() {
    if (!this.state.error) return this.props.children
    return (
      <div className="state failure" role="alert">
        <CircleAlert aria-hidden />
        <strong>This page broke</strong>
        <p>{this.state.error.message}</p>
        <button onClick={() => this.setState({ error: null })}>Try again</button>
      </div>
    )
  }
}
